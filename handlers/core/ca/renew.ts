import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents, Stored } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import { readAltNames } from "../x509/alt-names.ts";
import { stringValue } from "../x509/extensions.ts";
import { sha256Hex } from "../x509/fingerprints.ts";
import { type OpenCertificate, openCertificates } from "./authority-facts.ts";
import { contended } from "./contended.ts";
import type { Directory } from "./directory.ts";
import { all, is } from "./find.ts";
import { issueCertificate, type StatusUrls } from "./issue.ts";
import { cliAuthOid, isAuthorization, oids, privateArc, registeredArc } from "./oids.ts";
import { type EffectivePolicy, policyOf } from "./policy.ts";
import type { CertificateDocument } from "./records.ts";
import type { Certificates } from "./types.ts";

/** Until when a renewed one is not made anew, so that who asks in a loop fills no records: a day, or a tenth of its life. */
const youngUntil = ({ signed_at, not_after }: CertificateDocument): number =>
  signed_at! + Math.min(86_400_000, (not_after! - signed_at!) / 10);

/**
 * Renewing: a new certificate for the key, the names and Puppet's extensions of one that is still good. The old one stays
 * valid until it expires, so that an answer that got lost locks nobody out; asked again soon, the same new one is given.
 */
export const createRenew = (deps: {
  readonly documents: Documents;
  readonly directory: Directory;
  readonly configured: EffectivePolicy;
  readonly urls: StatusUrls;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}): Pick<Certificates, "renew"> => {
  const { documents, directory, configured, urls, clock, ids, log } = deps;

  const recordOf = async (certificate: OpenCertificate): Promise<Stored<CertificateDocument>> => {
    const fingerprint = await sha256Hex(certificate.der);
    const [known] = await documents.find<CertificateDocument>("ca_certificates", {
      where: is("fingerprint", fingerprint),
    });
    const row = known ?? await importedRow(certificate);
    if (!row || row.cleaned_at !== null || row.status !== "signed") {
      throw new AppError("forbidden", "Certificate present, but does not match signature");
    }
    return row;
  };
  /** What was imported without its file is known by its serial alone. */
  const importedRow = async ({ facts }: OpenCertificate): Promise<Stored<CertificateDocument> | undefined> => {
    const { authorities } = await directory.now();
    const issuer = [...authorities.values()].find((each) =>
      each.certificate !== "" && directory.open(each).facts.subject.der === facts.issuer.der
    );
    if (!issuer) return undefined;
    const [row] = await documents.find<CertificateDocument>("ca_certificates", {
      where: all(is("authority", issuer.id), is("serial", facts.serial)),
    });
    return row?.fingerprint === null ? row : undefined;
  };
  /** One that was made not long ago for the same certificate: the agent that asks again never got it. */
  const madeBefore = async (row: CertificateDocument, now: number): Promise<CertificateDocument | undefined> => {
    const found = await documents.find<CertificateDocument>("ca_certificates", {
      where: all(is("certname", row.certname), is("renewal_of", row.id)),
      order: [{ field: "signed_at", direction: "desc" }],
      limit: 1,
    });
    const [newest] = found;
    if (newest?.status !== "signed" || newest.cleaned_at !== null) return undefined;
    const half = (newest.signed_at! + newest.not_after!) / 2;
    return now < half ? newest : undefined;
  };

  return {
    renew: ({ pem }) =>
      contended(async () => {
        const old = openCertificates(pem, "certificate")[0]!;
        const row = await recordOf(old);
        const space = await directory.space(row.space);
        const policy = policyOf(space, configured);
        if (!policy.allow_renewal) throw new AppError("not_found", "Not Found");
        const now = clock.now();
        const isYoung = row.renewal_of !== null && now < youngUntil(row);
        const known = isYoung ? row : await madeBefore(row, now);
        if (known) return known;
        const names = old.extensions.find(({ oid }) => oid === oids.subjectAltName);
        const issued = await issueCertificate({
          certname: row.certname,
          publicKey: old.publicKey,
          altNames: names ? readAltNames(names.value).filter(({ kind }) => kind !== "other") : [],
          extensions: old.extensions.filter(({ oid }) =>
            oid.startsWith(registeredArc) || oid.startsWith(privateArc) || isAuthorization(oid) ||
            policy.allowed_extensions.includes(oid)
          ),
          cliAuth: old.extensions.some(({ oid, value }) => oid === cliAuthOid && stringValue(value) === "true"),
          ttl: policy.auto_renewal_ttl,
          now,
          urls,
        }, await directory.issuer(space.ca_id));
        const document: CertificateDocument = {
          ...issued,
          id: ids.uuid(),
          space: row.space,
          certname: row.certname,
          claim: null,
          status: "signed",
          cleaned_at: null,
          request: null,
          requested_at: now,
          signed_at: now,
          revoked_at: null,
          revocation_reason: null,
          renewal_of: row.id,
          decision: { by: { kind: "certificate", name: row.certname }, reason: "Renewed", at: now },
        };
        const { version, ...before } = row;
        // with the version of the old one: if that is revoked meanwhile, there is no new one either
        await documents.change([
          { do: "insert", collection: "ca_certificates", document },
          { do: "replace", collection: "ca_certificates", document: before as CertificateDocument, version },
        ]);
        log.info("Certificate was renewed", { certname: row.certname, serial: issued.serial, old: row.serial });
        return document;
      }),
  };
};
