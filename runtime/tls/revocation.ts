import { verify } from "node:crypto";
import { hasUsage, usages } from "../../handlers/core/x509/certificate.ts";
import { type Crl, readCrls } from "../../handlers/core/x509/crl.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { Certificate } from "./authorities.ts";

/** A CRL whose signature an authority of ours has made. */
type VerifiedCrl = { readonly crl: Crl; readonly issuer: Certificate };

export type Revocation = {
  /**
   * Takes the CRLs of one source (the file, the Puppetserver) in place of what that source gave before. Each must be signed
   * by one of the authorities. Throws, and changes nothing, when one is not, or is older than the one it would replace.
   */
  load(source: string, pem: string, authorities: readonly Certificate[]): void;
  /** Whether a certificate that this authority signed is on any of its lists. */
  isRevoked(serial: string, issuer: Certificate): boolean;
  /** Logs lists that should have been replaced by now; they go on being used. */
  warnStale(): void;
};

/** Signature algorithms of CRLs, by OID, and the digest that node:crypto wants to hear; null: the key says it. */
const digests: Readonly<Record<string, string | null>> = {
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.3.101.112": null,
};

const longAgo = 86_400_000;

export const createRevocation = (deps: { readonly clock: Clock; readonly log: Log }): Revocation => {
  const sources = new Map<string, readonly VerifiedCrl[]>();
  let warnedAt = -Infinity;

  return {
    load: (source, pem, authorities) => {
      const before = sources.get(source) ?? [];
      const next = readCrls(pem).map((crl) => ({ crl, issuer: issuerOf(crl, authorities) }));
      for (const { crl, issuer } of next) {
        const old = before.find((each) => each.issuer.keyId === issuer.keyId);
        if (old && crl.thisUpdate < old.crl.thisUpdate) {
          throw new Error(`The CRL of "${crl.issuer.text}" is older than the one in use`);
        }
      }
      // A list that is missing this time is no reason to forget its revocations.
      const kept = before.filter((old) => next.every(({ issuer }) => issuer.keyId !== old.issuer.keyId));
      sources.set(source, [...next, ...kept]);
      warnedAt = -Infinity;
    },
    isRevoked: (serial, issuer) => {
      for (const lists of sources.values()) {
        if (lists.some((each) => each.issuer.keyId === issuer.keyId && each.crl.revoked.has(serial))) return true;
      }
      return false;
    },
    warnStale: () => {
      const now = deps.clock.now();
      if (now - warnedAt < longAgo) return;
      for (const [source, lists] of sources) {
        for (const { crl } of lists) {
          if (crl.nextUpdate === undefined || crl.nextUpdate >= now) continue;
          warnedAt = now;
          deps.log.warn("CRL is out of date and goes on being used", {
            source,
            issuer: crl.issuer.text,
            next_update: new Date(crl.nextUpdate).toISOString(),
          });
        }
      }
    },
  };
};

const issuerOf = (crl: Crl, authorities: readonly Certificate[]): Certificate => {
  const digest = digests[crl.signatureAlgorithm];
  if (digest === undefined) {
    throw new Error(`The CRL of "${crl.issuer.text}" is signed in an unknown way ("${crl.signatureAlgorithm}")`);
  }
  const issuer = authorities.find(({ facts, x509 }) =>
    facts.subject.der === crl.issuer.der && hasUsage(facts, usages.crlSign) &&
    verify(digest, crl.signed, x509.publicKey, crl.signature)
  );
  if (!issuer) throw new Error(`The CRL of "${crl.issuer.text}" is not signed by an authority of the CA file`);
  return issuer;
};
