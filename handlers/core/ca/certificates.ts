import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents, Stored } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import type { Log } from "../../interfaces/log.ts";
import { parseAltName, showAltName } from "../x509/alt-names.ts";
import { plainFingerprint } from "../x509/fingerprints.ts";
import { injectedNames } from "./alt-name-templates.ts";
import type { createAutosign } from "./autosign.ts";
import { checkCertname, checkGrants, checkRequest, checkRights, checkSubject } from "./check-request.ts";
import { contended } from "./contended.ts";
import type { Directory } from "./directory.ts";
import { all, foremost, is, rowsOf, unknownName } from "./find.ts";
import { authorizationsOf, issueCertificate, type Issued, type StatusUrls } from "./issue.ts";
import { type EffectivePolicy, policyOf } from "./policy.ts";
import type { Actor, Certificate, CertificateDocument } from "./records.ts";
import { readRequest, type RequestFacts } from "./request.ts";
import { ownSpace } from "./revoke.ts";
import type { Certificates, Named } from "./types.ts";

/** More requests than that don't wait in a space: anyone can make one. */
const mostWaiting = 10_000;

const refused = (why: string) => new AppError("bad_request", why);

/** Requests, and what becomes of them when someone says yes. */
export const createCertificates = (deps: {
  readonly documents: Documents;
  readonly directory: Directory;
  readonly autosign: ReturnType<typeof createAutosign>;
  readonly configured: EffectivePolicy;
  readonly urls: StatusUrls;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}): Pick<Certificates, "submit" | "sign" | "issue" | "removeRequest"> => {
  const { documents, directory, autosign, configured, urls, clock, ids, log } = deps;

  const draft = ({ space, certname }: Named, facts: RequestFacts, reason: string, by: Actor): CertificateDocument => ({
    id: ids.uuid(),
    space,
    certname,
    claim: `${space} ${certname}`,
    status: "requested",
    cleaned_at: null,
    request: facts.pem,
    certificate: null,
    authority: null,
    serial: null,
    not_before: null,
    not_after: null,
    fingerprints: facts.fingerprints,
    fingerprint: plainFingerprint(facts.fingerprints.SHA256),
    subject_alt_names: facts.altNames.map(showAltName),
    authorization_extensions: authorizationsOf(facts.extensions),
    requested_at: clock.now(),
    signed_at: null,
    revoked_at: null,
    revocation_reason: null,
    renewal_of: null,
    decision: { by, reason, at: clock.now() },
  });
  const issued = async (
    { space, certname }: Named,
    facts: RequestFacts,
    policy: EffectivePolicy,
    how: { readonly ttl?: number | undefined; readonly cliAuth?: boolean | undefined },
  ): Promise<Issued> => {
    const { ca_id } = await directory.space(space);
    return await issueCertificate({
      certname,
      publicKey: facts.publicKey,
      altNames: [...facts.altNames, ...injectedNames(certname, policy)],
      extensions: facts.extensions,
      cliAuth: how.cliAuth ?? false,
      ttl: how.ttl ?? (facts.autoRenew && policy.allow_renewal ? policy.auto_renewal_ttl : policy.ttl),
      now: clock.now(),
      urls,
    }, await directory.issuer(ca_id));
  };
  const becomes = (row: CertificateDocument, certificate: Issued, by: Actor, reason: string): CertificateDocument => ({
    ...row,
    ...certificate,
    status: "signed",
    signed_at: clock.now(),
    decision: { by, reason, at: clock.now() },
  });
  const told = (row: Certificate): void => {
    const { certname, serial, decision } = row;
    log.info("Certificate was signed", { certname, serial, by: decision?.by.name, reason: decision?.reason });
  };
  const policyFor = async (space: string): Promise<EffectivePolicy> =>
    policyOf(await directory.space(space), configured);
  const already = (certname: string, status: string) =>
    refused(`${certname} already has a ${status} certificate; ignoring certificate request`);
  const read = async (certname: string, pem: string, policy: EffectivePolicy): Promise<RequestFacts> => {
    const facts = await readRequest(pem);
    checkSubject(certname, facts);
    checkCertname(certname, policy);
    checkRequest(facts, policy);
    return facts;
  };
  /** Of two that ask at once for one name the second one is told what the first got. */
  const claiming = async <T>(name: Named, insert: () => Promise<T>): Promise<T> => {
    try {
      return await insert();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "conflict" || error.field !== "claim") throw error;
      throw already(name.certname, foremost(await rowsOf(documents, name))?.status ?? "requested");
    }
  };

  return {
    submit: ({ space, certname, pem, from }) =>
      contended(async () => {
        const name = { space, certname };
        const policy = await policyFor(space);
        checkCertname(certname, { enforce_rfc1123: false });
        const there = foremost(await rowsOf(documents, name));
        if (there) throw already(certname, there.status);
        const facts = await read(certname, pem, policy);
        const decision = await autosign(certname, facts, policy, clock.now());
        const by: Actor = { kind: "policy", name: "autosign" };
        const row = draft(name, facts, decision.reason, by);
        if (!decision.sign) {
          if (
            await documents.count("ca_certificates", all(is("status", "requested"), is("space", space))) >= mostWaiting
          ) {
            throw new AppError("too_many_requests", "Too many requests wait to be signed", { retryAfter: 3600 });
          }
          const certificate = await claiming(name, () => documents.insert<CertificateDocument>("ca_certificates", row));
          log.info("Request waits to be signed", { certname, from, reason: decision.reason });
          return { certificate, signed: false };
        }
        checkGrants(certname, facts, policy, false);
        const signed = becomes(row, await issued(name, facts, policy, {}), by, decision.reason);
        await claiming(name, () =>
          documents.change([{ do: "insert", collection: "ca_certificates", document: signed }, ...decision.changes]));
        told(signed);
        return { certificate: signed, signed: true };
      }),

    sign: ({ space, certname, by, ttl, authorized = true }) =>
      contended(async () => {
        const rows = await rowsOf(documents, { space, certname });
        if (rows.length === 0) throw unknownName(certname);
        const row = rows.find(({ status }) => status === "requested");
        if (!row?.request) {
          throw new AppError("conflict", `Cannot sign certificate for host ${certname} without a certificate request`);
        }
        const policy = await policyFor(space);
        const facts = await asConflict(async () => {
          const found = await read(certname, row.request!, policy);
          checkGrants(certname, found, policy, authorized);
          return found;
        });
        const { version, ...before } = row;
        const certificate = await issued({ space, certname }, facts, policy, { ttl });
        const signed = becomes(before as CertificateDocument, certificate, by, "Signed by hand");
        const stored: Stored<CertificateDocument> = await documents.replace("ca_certificates", signed, version);
        told(stored);
        return stored;
      }),

    issue: ({ space, certname, pem, by, ttl, subjectAltNames = [], authorized = false, cliAuth }) =>
      contended(async () => {
        const name = { space, certname };
        const policy = await policyFor(space);
        checkCertname(certname, { enforce_rfc1123: false });
        // listeners of several processes may have one name, and each its own key
        const shared = space === ownSpace;
        const there = shared ? undefined : foremost(await rowsOf(documents, name));
        if (there) throw new AppError("conflict", `${certname} already has a ${there.status} certificate`);
        const facts = await read(certname, pem, policy);
        if (!authorized) checkRights(certname, facts);
        const added = subjectAltNames.map((text) => {
          const parsed = parseAltName(text);
          if (!parsed) {
            throw new AppError("invalid", `"${text}" is no alternative name, expected DNS:name or IP:address`);
          }
          return parsed;
        });
        const asked = { ...facts, altNames: [...facts.altNames, ...added] };
        const certificate = await issued(name, asked, policy, { ttl, cliAuth });
        const row = { ...draft(name, asked, "", by), ...(shared ? { claim: null } : {}) };
        const signed = becomes(row, certificate, by, shared ? "For a listener" : "Made by hand");
        await claiming(name, () => documents.insert<CertificateDocument>("ca_certificates", signed));
        told(signed);
        return signed;
      }),

    removeRequest: (name) =>
      contended(async () => {
        const row = (await rowsOf(documents, name)).find(({ status }) => status === "requested");
        if (!row) return false;
        // with its version: what was signed meanwhile is no request any more
        const { version, ...document } = row;
        const gone = { ...document, claim: null, cleaned_at: clock.now() } as CertificateDocument;
        await documents.change([
          { do: "replace", collection: "ca_certificates", document: gone, version },
          { do: "remove", collection: "ca_certificates", id: row.id },
        ]);
        return true;
      }),
  };
};

/** What is wrong with a request that waits is, for whoever signs it, in conflict with what he asks. */
const asConflict = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === "bad_request") throw new AppError("conflict", error.message);
    throw error;
  }
};
