import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import { type Crl, readCrl } from "../x509/crl.ts";
import { DerError } from "../x509/der.ts";
import { pemBlocks, pemOf } from "../x509/pem.ts";
import { isSignedBy } from "../x509/verify-signature.ts";
import { type OpenCertificate, openCertificates } from "./authority-facts.ts";
import { contended } from "./contended.ts";
import { nextCrl } from "./crl.ts";
import type { AuthorityDocument } from "./records.ts";

const bad = (message: string) => new AppError("bad_request", message);

/**
 * Takes new CRLs of the authorities above ours that aren't ours (PUT certificate_revocation_list). Each must be signed by
 * one of them and be newer than what is there; those of our own authorities are left alone. Throws AppError `bad_request`,
 * and changes nothing then. Returns how many were taken.
 */
export const updateExternalCrls = (
  { documents, clock, crlValidity }: {
    readonly documents: Documents;
    readonly clock: Clock;
    /** Milliseconds that a CRL of ours is valid. */
    readonly crlValidity: number;
  },
  pem: string,
): Promise<number> =>
  contended(async () => {
    const blocks = readBlocks(pem);
    let taken = 0;
    const all = await documents.find<AuthorityDocument>("ca_authorities");
    const own = all.filter(({ certificate }) => certificate !== "").map(({ certificate }) =>
      openCertificates(certificate, "certificate")[0]!.facts.subject.der
    );
    const unknown = new Set(blocks.filter(({ crl }) => !own.includes(crl.issuer.der)));
    const changes = [];
    for (const { version, ...authority } of all) {
      const above = authority.chain.flatMap((each) => openCertificates(each, "chain"));
      let lists = [...authority.external_crls];
      for (const { der, crl } of blocks) {
        const issuer = above.find(({ facts }) => facts.subject.der === crl.issuer.der);
        if (!issuer) continue;
        await checkSigned(der, crl, issuer);
        for (const each of blocks) if (each.crl === crl) unknown.delete(each);
        const old = lists.find((each) => readCrl(pemBlocks(each, "X509 CRL")[0]!).issuer.der === crl.issuer.der);
        if (old && readCrl(pemBlocks(old, "X509 CRL")[0]!).thisUpdate > crl.thisUpdate) {
          throw bad(`The CRL of "${crl.issuer.text}" is older than the one in use`);
        }
        lists = [...lists.filter((each) => each !== old), pemOf(der, "X509 CRL")];
        taken++;
      }
      // with a new list of its own: clients go by its number and date, and would not fetch the others
      const crl = authority.crl && nextCrl(authority.crl, clock.now(), crlValidity);
      const document = { ...authority, crl, external_crls: lists } as unknown as AuthorityDocument;
      if (lists.join() !== authority.external_crls.join()) {
        changes.push({ do: "replace", collection: "ca_authorities", document, version } as const);
      }
    }
    const [stray] = unknown;
    if (stray) throw bad(`The CRL of "${stray.crl.issuer.text}" is of no authority above ours`);
    if (changes.length > 0) await documents.change(changes);
    return taken;
  });

/** The CRLs of a PEM text, each by itself, if each is of one of these authorities. Throws AppError `bad_request`. */
export const crlsOf = async (pem: string, above: readonly OpenCertificate[]): Promise<string[]> => {
  const blocks = readBlocks(pem);
  for (const { der, crl } of blocks) {
    const issuer = above.find(({ facts }) => facts.subject.der === crl.issuer.der);
    if (!issuer) throw bad(`The CRL of "${crl.issuer.text}" is of no authority above this one`);
    await checkSigned(der, crl, issuer);
  }
  return blocks.map(({ der }) => pemOf(der, "X509 CRL"));
};

const checkSigned = async (der: Uint8Array<ArrayBuffer>, { issuer }: Crl, { publicKey }: OpenCertificate) => {
  if (!await isSignedBy(der, publicKey)) throw bad(`The CRL of "${issuer.text}" is not signed by its key`);
};

const readBlocks = (pem: string) => {
  try {
    const blocks = pemBlocks(pem, "X509 CRL").map((der) => ({ der, crl: readCrl(der) }));
    if (blocks.length === 0) throw bad("No valid CRLs submitted.");
    return blocks;
  } catch (error) {
    if (error instanceof DerError) throw bad(`The CRL cannot be read: ${error.message.toLowerCase()}`);
    throw error;
  }
};
