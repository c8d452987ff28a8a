import { createHash, X509Certificate } from "node:crypto";
import {
  type CertificateFacts,
  hasUsage,
  mayBeClient,
  readCertificate,
  usages,
} from "../../handlers/core/x509/certificate.ts";
import { pemBlocks } from "../../handlers/core/x509/pem.ts";

/** A certificate with what we read of it. */
export type Certificate = {
  readonly der: Uint8Array;
  readonly facts: CertificateFacts;
  readonly x509: X509Certificate;
  /** SHA-256 over the public key: the same name with another key is another authority. */
  readonly keyId: string;
};

/** Reads one certificate, DER. Throws what is wrong with it. */
export const openCertificate = (der: Uint8Array): Certificate => {
  const facts = readCertificate(der);
  const x509 = new X509Certificate(der);
  const spki = x509.publicKey.export({ type: "spki", format: "der" });
  return { der, facts, x509, keyId: createHash("sha256").update(spki).digest("hex") };
};

/** Reads the certificates of a PEM text. Throws when there is none, or for one that can't be read. */
export const openCertificates = (pem: string): Certificate[] => {
  const blocks = pemBlocks(pem, "CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE");
  if (blocks.length === 0) throw new Error("Has no CERTIFICATE block");
  return blocks.map(openCertificate);
};

export const isSelfSigned = ({ facts, x509 }: Certificate): boolean =>
  facts.issuer.der === facts.subject.der && x509.verify(x509.publicKey);

/** A chain: the certificate first, a root of ours last. */
export type Chain = readonly Certificate[];

const deepest = 8;

/**
 * Finds the chain from a certificate to one of the roots, through authorities of the bundle alone: names, signatures,
 * basicConstraints, key usages (RFC 5280, 6.1). Dates and revocation are for the caller, who asks them again and again.
 */
export const findChain = (leaf: Certificate, bundle: readonly Certificate[]): Chain | undefined => {
  if (leaf.facts.unknownCritical.length > 0 || !mayBeClient(leaf.facts)) return undefined;
  if (!hasUsage(leaf.facts, usages.digitalSignature)) return undefined;
  const climb = (chain: readonly Certificate[]): Chain | undefined => {
    const top = chain.at(-1)!;
    for (const above of bundle) {
      if (chain.includes(above) || !mayHaveSigned(above, top, chain.length - 1)) continue;
      const longer = [...chain, above];
      if (isSelfSigned(above)) return longer;
      const found = longer.length < deepest ? climb(longer) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  return climb([leaf]);
};

const mayHaveSigned = (above: Certificate, below: Certificate, authoritiesBelow: number): boolean => {
  const { facts } = above;
  return facts.subject.der === below.facts.issuer.der && facts.authority && hasUsage(facts, usages.keyCertSign) &&
    facts.unknownCritical.length === 0 && (facts.pathLength ?? authoritiesBelow) >= authoritiesBelow &&
    below.x509.verify(above.x509.publicKey);
};
