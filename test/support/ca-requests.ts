import { pemOf } from "../../handlers/core/x509/pem.ts";
import { type AltName, writeAltNames } from "../../handlers/core/x509/alt-names.ts";
import type { Extension } from "../../handlers/core/x509/extensions.ts";
import { generateKey, openPrivateKey } from "../../handlers/core/x509/private-key.ts";
import { writeName, writeRequest } from "../../handlers/core/x509/write-certificate.ts";
import { element, oid, sequence } from "../../handlers/core/x509/write-der.ts";
import type { KeyKind, Signer } from "../../handlers/interfaces/signer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export type TestKey = { readonly pkcs8: Bytes; readonly pem: string; readonly signer: Signer };

export const newKey = async (kind: KeyKind = "p-256"): Promise<TestKey> => {
  const pkcs8 = await generateKey(kind);
  return { pkcs8, pem: pemOf(pkcs8, "PRIVATE KEY"), signer: await openPrivateKey(pkcs8) };
};

export const utf8 = (text: string): Bytes => element(0x0c, new TextEncoder().encode(text));
/** An extension with a string in it, as Puppet writes its own. */
export const stringExtension = (id: string, text: string): Extension => ({
  oid: id,
  critical: false,
  value: utf8(text),
});
export const altNames = (...names: readonly string[]): Extension => ({
  oid: "2.5.29.17",
  critical: false,
  value: writeAltNames(names.map((value): AltName => ({ kind: "DNS", value }))),
});
/** An attribute of a request with a string in it, such as a challengePassword. */
export const attribute = (id: string, text: string): Bytes => sequence(oid(id), element(0x31, utf8(text)));
export const challengePassword = (text: string): Bytes => attribute("1.2.840.113549.1.9.7", text);

/** A name of any attributes, one relative name each. */
export const nameOf = (...pairs: readonly (readonly [type: string, text: string])[]): Bytes =>
  sequence(...pairs.map(([type, text]) => element(0x31, sequence(oid(type), utf8(text)))));

export type RequestOptions = {
  readonly key?: TestKey;
  /** DER, in place of `CN=<certname>`. */
  readonly subject?: Bytes;
  readonly extensions?: readonly Extension[];
  readonly attributes?: readonly Bytes[];
};

/** A CSR as DER, written by hand so that it can have what no tool writes. */
export const requestDer = async (certname: string, options: RequestOptions = {}): Promise<Bytes> => {
  const key = options.key ?? await newKey();
  return await writeRequest(
    options.subject ?? writeName(certname),
    options.extensions ?? [],
    key.signer,
    options.attributes,
  );
};

export const requestPem = async (certname: string, options: RequestOptions = {}): Promise<string> =>
  pemOf(await requestDer(certname, options), "CERTIFICATE REQUEST");

/** DER as a PEM block that says it is a request. */
export const asRequest = (der: Uint8Array): string => pemOf(der, "CERTIFICATE REQUEST");

/** Numbers from 0 to below `limit` that are the same in every run (mulberry32). */
export const random = (seed: number) => (limit: number): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4294967296 * limit);
};
