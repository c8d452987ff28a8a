import { createHash } from "node:crypto";
import { randomSerial } from "../../handlers/core/ca/issue.ts";
import type { CertificateDocument } from "../../handlers/core/ca/records.ts";
import { pemBlocks, pemOf } from "../../handlers/core/x509/pem.ts";
import { unhex } from "../../handlers/core/x509/write-der.ts";

/** Certificates of an estate, made from one by putting other digits in its place: nobody verifies them in a list. */
export type Copies = (
  n: number,
) => { readonly certname: string; readonly serial: string; readonly pem: string; readonly der: Uint8Array };

export const nameOf = (n: number): string => `node${String(n).padStart(6, "0")}.example.test`;

/** `template` is the certificate of `nameOf(0)`, whose serial has 20 octets. */
export const copiesOf = (template: string, serial: string): Copies => {
  const der = pemBlocks(template, "CERTIFICATE")[0]!;
  const text = Buffer.from(der).toString("latin1");
  const names = [...text.matchAll(/node000000\.example\.test/g)].map(({ index }) => index);
  const at = text.indexOf(Buffer.from(unhex(serial)).toString("latin1"));
  if (names.length < 2 || at < 0) throw new Error("The template is another one than expected");
  return (n) => {
    const copy = Buffer.from(der);
    for (const start of names) copy.write(nameOf(n), start, "latin1");
    let fresh = randomSerial();
    while (fresh.length !== 40 || fresh.startsWith("0")) fresh = randomSerial();
    copy.set(unhex(fresh), at);
    return { certname: nameOf(n), serial: fresh, pem: pemOf(copy, "CERTIFICATE"), der: copy };
  };
};

/** The record of such a copy. */
export const rowOf = (
  row: CertificateDocument,
  { certname, serial, pem, der }: ReturnType<Copies>,
): CertificateDocument => {
  const colons = (hash: string) => createHash(hash).update(der).digest("hex").toUpperCase().replace(/..(?=.)/g, "$&:");
  const fingerprints = { SHA1: colons("sha1"), SHA256: colons("sha256"), SHA512: colons("sha512") };
  return {
    ...row,
    id: `bench:${serial}`,
    certname,
    claim: `puppet-ca ${certname}`,
    serial,
    certificate: pem,
    fingerprints,
    fingerprint: fingerprints.SHA256.replaceAll(":", "").toLowerCase(),
    subject_alt_names: [`DNS:${certname}`],
  };
};
