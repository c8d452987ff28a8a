import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Change, Documents } from "../../interfaces/documents.ts";
import type { SigningKeys } from "../../interfaces/signer.ts";
import { readAltNames, showAltName } from "../x509/alt-names.ts";
import { type Crl, readCrl, readCrlEntries } from "../x509/crl.ts";
import { DerError } from "../x509/der.ts";
import { fingerprintsOf, plainFingerprint } from "../x509/fingerprints.ts";
import { commonNames } from "../x509/name.ts";
import { pemBlocks, pemOf } from "../x509/pem.ts";
import { readPrivateKey } from "../x509/private-key.ts";
import { isSignedBy } from "../x509/verify-signature.ts";
import { authorityFacts, type OpenCertificate, openCertificates } from "./authority-facts.ts";
import { checkChain } from "./check-chain.ts";
import { contended } from "./contended.ts";
import { nextCrl } from "./crl.ts";
import { importRevocations } from "./import-revocations.ts";
import { readInventoryLine } from "./inventory.ts";
import { authorizationsOf } from "./issue.ts";
import { oids } from "./oids.ts";
import { openPolicy } from "./policy.ts";
import {
  type AuthorityDocument,
  type CertificateDocument,
  type RevocationReason,
  revocationReasons,
  type SpaceDocument,
} from "./records.ts";
import { ownSpace } from "./revoke.ts";
import { puppetSpace } from "./spaces.ts";
import type { PuppetCaFiles, PuppetCaReport } from "./types.ts";

const batch = 200;
type Insert = Extract<Change, { readonly do: "insert" }>;
const by = { kind: "command", name: "import" } as const;

/**
 * Takes the CA of a Puppetserver over, whole: its key and certificates, every serial of its inventory, every revocation.
 * Agents and servers go on with what they have. What can't be read is told and left out; but a CA whose key, certificate
 * and CRL don't fit is refused before anything is stored. An import that was cut off is taken up where it was; the space
 * `puppet-ca` is pointed at the CA as the last step.
 */
export const importPuppetCa = async (
  deps: {
    readonly documents: Documents;
    readonly keys: SigningKeys;
    readonly clock: Clock;
    readonly crlValidity: number;
  },
  files: PuppetCaFiles,
  onProgress: (done: number) => void = () => {},
): Promise<PuppetCaReport> => {
  const { documents, keys, clock, crlValidity } = deps;
  const now = clock.now();
  const problems: string[] = [];

  const draftKey = await keys.adopt("draft", readKey(files.caKey));
  const bundle = openCertificates(files.caCert, "ca_crt.pem");
  const own = bundle.find(({ publicKey }) => same(publicKey, draftKey.signer.publicKey));
  if (!own) throw wrong("The key in ca_key.pem belongs to no certificate in ca_crt.pem", "ca_key.pem");
  const above = lineAbove(own, bundle);
  await checkChain(own, above);
  if (own.facts.notAfter < now) throw wrong(`"${own.facts.subject.text}" has expired`, "ca_crt.pem");
  const lists = await readLists(files.caCrl, [own, ...above]);
  const ownList = lists.find(({ issuer }) => issuer === own);
  if (!ownList) {
    throw wrong(`ca_crl.pem has no list of "${own.facts.subject.text}": its revocations would be lost`, "ca_crl.pem");
  }

  const facts = await authorityFacts(own);
  const known = await documents.find<AuthorityDocument>("ca_authorities");
  const before = known.find(({ key_id }) => key_id === facts.key_id);
  const id = before?.id ??
    (known.some((each) => each.id === puppetSpace) ? `puppet-ca-${facts.key_id.slice(0, 8)}` : puppetSpace);
  const number = Math.max(Number.parseInt(ownList.crl.number ?? "0", 16), 0);
  if (!before) {
    const key = await keys.adopt(id, readKey(files.caKey));
    const document: AuthorityDocument = {
      id,
      parent_id: null,
      ...facts,
      chain: above.map(({ der }) => pemOf(der, "CERTIFICATE")),
      has_key: true,
      status: "active",
      request: null,
      created_at: now,
      // the first list of ours comes after the last one of theirs
      crl: nextCrl({ number, this_update: ownList.crl.thisUpdate, next_update: 0 }, now, crlValidity),
      external_crls: lists.filter(({ issuer }) => issuer !== own).map(({ der }) => pemOf(der, "X509 CRL")),
    };
    await documents.change([key.change, { do: "insert", collection: "ca_authorities", document }]);
  }

  const revoked = new Map(readCrlEntries(ownList.der).map((entry) => [entry.serial, entry]));
  const inventory = new Map(
    (files.inventory ?? "").split("\n").filter((line) => line.trim() !== "").flatMap((line) => {
      const read = readInventoryLine(line);
      if (!read) problems.push(`inventory.txt: "${line.slice(0, 80)}" cannot be read`);
      return read ? [[read.serial, read] as const] : [];
    }),
  );
  let [certificates, done] = [0, 0];
  let pending: Insert[] = [];
  const flush = async () => {
    const changes = pending;
    pending = [];
    if (changes.length > 0) await insertNew(documents, changes);
    onProgress(done);
  };
  const add = async (document: CertificateDocument) => {
    pending.push({ do: "insert", collection: "ca_certificates", document });
    done++;
    if (pending.length >= batch) await flush();
  };

  const revocations = [...revoked.values()].map(({ serial, revokedAt, reason }) => ({
    serial,
    revokedAt,
    reason: reasonName(reason),
    notAfter: inventory.get(serial)?.notAfter ?? null,
  }));
  await importRevocations({ ...deps, now, by }, id, revocations, (part) => onProgress(done += part));
  const record = (serial: string, certname: string, notBefore: number, notAfter: number): CertificateDocument => {
    const entry = revoked.get(serial);
    return {
      id: `${id}:${serial}`,
      space: puppetSpace,
      certname,
      claim: null,
      status: entry ? "revoked" : "signed",
      // a revoked one whose file is gone was cleaned there
      cleaned_at: entry ? entry.revokedAt : null,
      request: null,
      certificate: null,
      authority: id,
      serial,
      not_before: notBefore,
      not_after: notAfter,
      fingerprints: null,
      fingerprint: null,
      subject_alt_names: [],
      authorization_extensions: {},
      requested_at: null,
      signed_at: notBefore,
      revoked_at: entry?.revokedAt ?? null,
      revocation_reason: entry ? reasonName(entry.reason) : null,
      renewal_of: null,
      decision: { by, reason: "Imported", at: now },
    };
  };
  const seen = new Set<string>();
  for await (const { name, pem } of files.signed) {
    try {
      const [certificate] = openCertificates(pem, "certificate");
      if (!certificate || !await isSignedBy(certificate.der, own.publicKey)) {
        throw new DerError("Is not signed by this CA");
      }
      const { serial, notBefore, notAfter, subject } = certificate.facts;
      if (seen.has(serial)) throw new DerError(`Has serial ${serial}, as another one`);
      seen.add(serial);
      const certname = commonNames(subject)[0] ?? name;
      const fingerprints = await fingerprintsOf(certificate.der);
      const names = certificate.extensions.find(({ oid }) => oid === oids.subjectAltName);
      await add({
        ...record(serial, certname, notBefore, notAfter),
        claim: `${puppetSpace} ${certname}`,
        cleaned_at: null,
        certificate: pemOf(certificate.der, "CERTIFICATE"),
        fingerprints,
        fingerprint: plainFingerprint(fingerprints.SHA256),
        subject_alt_names: names ? readAltNames(names.value).map(showAltName) : [],
        authorization_extensions: authorizationsOf(certificate.extensions),
      });
      certificates++;
    } catch (error) {
      if (!(error instanceof DerError) && !(error instanceof AppError)) throw error;
      problems.push(`signed/${name}: ${error.message}`);
    }
  }
  for (const { serial, certname, notBefore, notAfter } of inventory.values()) {
    if (seen.has(serial)) continue;
    await add(record(serial, certname, notBefore, notAfter));
    certificates++;
  }
  await flush();
  await renewList(documents, id, now, crlValidity);
  await pointSpaces(documents, id, now);
  return { authority: id, certificates, revocations: revoked.size, problems };
};

const wrong = (message: string, field: string) => new AppError("invalid", message, { field });
const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);
const reasonName = (number: number): RevocationReason =>
  (Object.entries(revocationReasons).find(([, each]) => each === number)?.[0] ?? "unspecified") as RevocationReason;

const readKey = (pem: string) => {
  try {
    return readPrivateKey(pem);
  } catch (error) {
    if (error instanceof DerError) throw wrong(`ca_key.pem: ${error.message}`, "ca_key.pem");
    throw error;
  }
};

/** The authorities above one, in a bundle of any order. */
const lineAbove = (own: OpenCertificate, bundle: readonly OpenCertificate[]): OpenCertificate[] => {
  const line: OpenCertificate[] = [];
  for (let at = own; at.facts.issuer.der !== at.facts.subject.der;) {
    const next = bundle.find(({ facts }) => facts.subject.der === at.facts.issuer.der);
    if (!next || line.includes(next)) break;
    line.push(at = next);
  }
  return line;
};

type List = { readonly crl: Crl; readonly der: Uint8Array; readonly issuer: OpenCertificate };

const readLists = async (pem: string, authorities: readonly OpenCertificate[]): Promise<List[]> => {
  try {
    return await Promise.all(
      pemBlocks(pem, "X509 CRL").map(async (der) => {
        const crl = readCrl(der);
        const issuer = authorities.find(({ facts }) => facts.subject.der === crl.issuer.der);
        if (!issuer || !await isSignedBy(der, issuer.publicKey)) {
          throw wrong(`The list of "${crl.issuer.text}" is not signed by an authority of ca_crt.pem`, "ca_crl.pem");
        }
        return { crl, der, issuer };
      }),
    );
  } catch (error) {
    if (error instanceof DerError) {
      throw wrong(`ca_crl.pem cannot be read: ${error.message.toLowerCase()}`, "ca_crl.pem");
    }
    throw error;
  }
};

const isConflict = (error: unknown): error is AppError => error instanceof AppError && error.code === "conflict";

/** All of them at once, or, where some are there from an import that was cut off, one by one. */
const insertNew = async (documents: Documents, changes: readonly Insert[]): Promise<void> => {
  try {
    await documents.change(changes);
  } catch (error) {
    if (!isConflict(error)) throw error;
    for (const each of changes) await insertOne(documents, each);
  }
};
const insertOne = async (documents: Documents, change: Insert): Promise<void> => {
  try {
    await documents.change([change]);
  } catch (error) {
    if (!isConflict(error)) throw error;
    // the name is held by what was made here meanwhile: the old certificate is known all the same
    if (error.field !== "claim") return;
    await insertOne(documents, { ...change, document: { ...change.document, claim: null } });
  }
};

/** The next list: one that was made while the revocations came in knew only some. */
const renewList = (documents: Documents, id: string, now: number, crlValidity: number): Promise<void> =>
  contended(async () => {
    const stored = await documents.get<AuthorityDocument>("ca_authorities", id);
    if (!stored?.crl) return;
    const { version, ...authority } = stored;
    const document = { ...authority, crl: nextCrl(stored.crl, now, crlValidity) } as AuthorityDocument;
    await documents.replace<AuthorityDocument>("ca_authorities", document, version);
  });

/** From now on this CA signs, for agents and for our own listeners: the agents know no other. */
const pointSpaces = async (documents: Documents, ca_id: string, now: number): Promise<void> => {
  for (const id of [puppetSpace, ownSpace]) {
    const stored = await documents.get<SpaceDocument>("ca_spaces", id);
    if (!stored) {
      const description = id === puppetSpace ? "Agents and servers: /puppet-ca/v1" : "The listeners of hoppetdb itself";
      await documents.insert<SpaceDocument>("ca_spaces", {
        id,
        description,
        ca_id,
        ca_id_history: [],
        created_at: now,
        policy: openPolicy,
      });
    } else if (stored.ca_id !== ca_id) {
      const { version, ...space } = stored;
      const document = { ...space, ca_id, ca_id_history: [...space.ca_id_history, space.ca_id] } as SpaceDocument;
      await documents.replace<SpaceDocument>("ca_spaces", document, version);
    }
  }
};
