import type { Signer } from "../../interfaces/signer.ts";
import type { Extension } from "./extensions.ts";
import { algorithmIdentifier, signed } from "./sign-der.ts";
import { bits, element, extension, integer, oid, sequence, tagged, time } from "./write-der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A Name of one common name, as Puppet's certificates have it, with an organization below it where one is given. */
export const writeName = (cn: string, organization?: string): Bytes => {
  const rdn = (type: string, text: string) =>
    element(0x31, sequence(oid(type), element(0x0c, new TextEncoder().encode(text))));
  return sequence(...(organization ? [rdn("2.5.4.10", organization)] : []), rdn("2.5.4.3", cn));
};

/** A certificate of version 3 (RFC 5280, 4.1), DER, signed. `issuer` is exactly what the issuer has as its subject. */
export const writeCertificate = async (body: {
  /** Hex. */
  readonly serial: string;
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Extension[];
}, signer: Signer): Promise<Bytes> =>
  await signed(
    sequence(
      tagged(0, integer("2")),
      integer(body.serial),
      algorithmIdentifier(signer.algorithm),
      body.issuer,
      sequence(time(body.notBefore), time(body.notAfter)),
      body.subject,
      body.publicKey,
      tagged(3, writeExtensions(body.extensions)),
    ),
    signer,
  );

/** A certificate request (RFC 2986), DER, signed by the key that it is for. */
export const writeRequest = async (
  subject: Uint8Array,
  extensions: readonly Extension[],
  signer: Signer,
  attributes: readonly Bytes[] = [],
): Promise<Bytes> => {
  const asked = extensions.length === 0
    ? []
    : [sequence(oid("1.2.840.113549.1.9.14"), element(0x31, writeExtensions(extensions)))];
  return await signed(sequence(integer("0"), subject, signer.publicKey, tagged(0, ...asked, ...attributes)), signer);
};

const writeExtensions = (extensions: readonly Extension[]): Bytes =>
  sequence(...extensions.map(({ oid, value, critical }) => extension(oid, value, critical)));

/** The bits of a key usage extension; 0 is digitalSignature (RFC 5280, 4.2.1.3). */
export const writeKeyUsage = (...set: readonly number[]): Bytes => {
  const last = Math.max(...set);
  const bytes = new Uint8Array((last >> 3) + 1);
  for (const bit of set) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  const content = bits(bytes);
  // how many bits of the last byte mean nothing
  content[2] = 7 - (last & 7);
  return content;
};
