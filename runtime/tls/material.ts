import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readCrls } from "../../handlers/core/x509/crl.ts";
import { type Certificate, isSelfSigned, openCertificates } from "./authorities.ts";

/** Paths of PEM files. `cert` may hold the intermediates that belong to it, `ca` a root and intermediates, `crl` several lists. */
export type TlsFiles = {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
  readonly crl?: string | undefined;
};

/** What the files hold, PEM. */
export type TlsMaterial = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  readonly crl: string | undefined;
};

/**
 * Reads the files and sees that they fit: the key belongs to the certificate, which is valid now, each certificate of its
 * file is signed by the next, the CA file has a root. Throws an Error that names the file and what is wrong with it; the
 * key's content is in no message.
 */
export const readMaterial = (files: TlsFiles, now: number): TlsMaterial => {
  const material = {
    cert: read(files.cert),
    key: read(files.key),
    ca: files.ca === undefined ? undefined : read(files.ca),
    crl: files.crl === undefined ? undefined : read(files.crl),
  };
  checkPair(files, material, now);
  const chain = about(files.cert, () => openCertificates(material.cert));
  chain.forEach((below, at) => {
    const above = chain[at + 1];
    if (above && (above.facts.subject.der !== below.facts.issuer.der || !below.x509.verify(above.x509.publicKey))) {
      throw new Error(`"${files.cert}": certificate ${at + 1} is not signed by certificate ${at + 2} of the file`);
    }
  });
  if (files.ca !== undefined && material.ca !== undefined) checkAuthorities(files.ca, material.ca, now);
  if (files.crl !== undefined && material.crl !== undefined) {
    const { crl } = material;
    about(files.crl, () => readCrls(crl));
  }
  return material;
};

const checkPair = (files: TlsFiles, { cert, key }: TlsMaterial, now: number): void => {
  const leaf = about(files.cert, () => openCertificates(cert)[0]!);
  const privateKey = about(files.key, () => {
    try {
      return createPrivateKey(key);
    } catch {
      throw new Error("Holds no private key that can be read; expected PEM without a password");
    }
  });
  if (!new X509Certificate(leaf.der).checkPrivateKey(privateKey)) {
    throw new Error(`"${files.key}": the key does not belong to the certificate in "${files.cert}"`);
  }
  checkDates(files.cert, leaf, now);
};

const checkAuthorities = (file: string, pem: string, now: number): void => {
  const authorities = about(file, () => openCertificates(pem));
  const other = authorities.find(({ facts }) => !facts.authority);
  if (other) throw new Error(`"${file}": "${other.facts.subject.text}" is no authority (basicConstraints)`);
  if (!authorities.some(isSelfSigned)) throw new Error(`"${file}": has no root, expected a self-signed certificate`);
  authorities.forEach((each) => checkDates(file, each, now));
};

const checkDates = (file: string, { facts }: Certificate, now: number): void => {
  const at = (ms: number) => new Date(ms).toISOString();
  if (now > facts.notAfter) throw new Error(`"${file}": "${facts.subject.text}" expired at ${at(facts.notAfter)}`);
  if (now < facts.notBefore) {
    throw new Error(
      `"${file}": "${facts.subject.text}" is not valid before ${at(facts.notBefore)}; is the clock right?`,
    );
  }
};

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`"${file}": cannot be read (${(error as { code?: string }).code ?? "error"})`);
  }
};

const about = <T>(file: string, make: () => T): T => {
  try {
    return make();
  } catch (error) {
    throw new Error(`"${file}": ${(error as Error).message}`);
  }
};
