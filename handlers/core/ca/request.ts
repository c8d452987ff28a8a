import "reflect-metadata";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { AppError } from "../../errors.ts";
import { type AltName, readAltNames } from "../x509/alt-names.ts";
import { childrenOf, DerError, type Element, elementAt, expectTag, oidText, tags } from "../x509/der.ts";
import { type Extension, readExtensions, stringValue } from "../x509/extensions.ts";
import { fingerprintsOf } from "../x509/fingerprints.ts";
import { commonNames, type DistinguishedName, readName } from "../x509/name.ts";
import { pemBlocks, pemOf } from "../x509/pem.ts";
import { type KeyFacts, keyFacts } from "../x509/public-key.ts";
import { autoRenewOid, oids } from "./oids.ts";
import type { Fingerprints } from "./records.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A request whose signature fits its key; what it asks for was not judged. */
export type RequestFacts = {
  /** The one block, without what stood around it. */
  readonly pem: string;
  readonly subject: DistinguishedName;
  /** Undefined unless the subject is exactly one common name. */
  readonly certname: string | undefined;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Bytes;
  readonly key: KeyFacts;
  readonly extensions: readonly Extension[];
  readonly altNames: readonly AltName[];
  readonly challengePassword: string | undefined;
  /** The agent renews by itself. */
  readonly autoRenew: boolean;
  readonly fingerprints: Fingerprints;
};

/** A request with a 4096-bit key and all of Puppet's extensions has 4 kB. */
const largest = 65_536;
const bad = (why: string, cause?: unknown) => new AppError("bad_request", `The request ${why}`, { cause });

/**
 * Reads a CSR (RFC 2986), PEM, and verifies that who made it has the key. Throws AppError `bad_request` with what is wrong
 * with it.
 */
export const readRequest = async (text: string): Promise<RequestFacts> => {
  if (text.length > largest) throw bad(`is larger than ${largest} bytes`);
  try {
    const blocks = pemBlocks(text, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    const [der] = blocks;
    if (!der) throw bad("has no CERTIFICATE REQUEST block; expected PEM");
    if (blocks.length > 1) throw bad("has several CERTIFICATE REQUEST blocks, expected one");
    const facts = await factsOf(der);
    await checkSignature(der);
    return facts;
  } catch (error) {
    if (error instanceof DerError) throw bad(`cannot be read: ${error.message.toLowerCase()}`, error);
    throw error;
  }
};

const factsOf = async (der: Bytes): Promise<RequestFacts> => {
  const whole = expectTag(elementAt(der, 0), tags.sequence, "request");
  if (whole.end !== der.length) throw new DerError("Has bytes after the request");
  const body = expectTag(childrenOf(der, whole)[0], tags.sequence, "request body");
  const [version, name, key, attributes] = childrenOf(der, body);
  expectTag(version, tags.integer, "version");
  const subject = readName(der, expectTag(name, tags.sequence, "subject"));
  const { start, end } = expectTag(key, tags.sequence, "public key");
  const publicKey = der.slice(start, end);
  const asked = attributes?.tag === 0xa0 ? readAttributes(der, attributes) : [];
  const extensions = extensionsOf(asked);
  const altNames = extensions.find(({ oid }) => oid === oids.subjectAltName);
  const names = commonNames(subject);
  return {
    pem: pemOf(der, "CERTIFICATE REQUEST"),
    subject,
    // of two names each reader would take another one
    certname: subject.attributes.length === 1 ? names[0] : undefined,
    publicKey,
    key: keyFacts(publicKey),
    extensions,
    altNames: altNames ? readAltNames(altNames.value) : [],
    challengePassword: textOf(asked, oids.challengePassword),
    autoRenew: textOf(asked, autoRenewOid) === "true",
    fingerprints: await fingerprintsOf(der),
  };
};

type Attribute = { readonly oid: string; readonly value: Bytes };

const readAttributes = (der: Uint8Array, list: Element): Attribute[] =>
  childrenOf(der, list).map((each) => {
    const [id, set] = childrenOf(der, expectTag(each, tags.sequence, "attribute"));
    const values = childrenOf(der, expectTag(set, tags.set, "attribute values"));
    const [value] = values;
    if (!value || values.length > 1) throw new DerError("Has an attribute that has not exactly one value");
    return {
      oid: oidText(der, expectTag(id, tags.oid, "attribute type")),
      value: new Uint8Array(der.slice(value.start, value.end)),
    };
  });

const extensionsOf = (attributes: readonly Attribute[]): Extension[] => {
  const lists = attributes.filter(({ oid }) => oid === oids.extensionRequest || oid === oids.msExtensionRequest)
    .map(({ value }) => readExtensions(value, elementAt(value, 0)));
  // Written twice in two forms they must say the same, or which one counts would be a matter of taste.
  const [first = [], ...others] = lists;
  if (others.some((other) => JSON.stringify(other.map(comparable)) !== JSON.stringify(first.map(comparable)))) {
    throw new DerError("Asks for two different lists of extensions");
  }
  return first;
};

const comparable = ({ oid, critical, value }: Extension) => [oid, critical, [...value]];

const textOf = (attributes: readonly Attribute[], oid: string): string | undefined => {
  const found = attributes.filter((each) => each.oid === oid);
  if (found.length > 1) throw new DerError("Has an attribute twice");
  return found[0] && stringValue(found[0].value);
};

const checkSignature = async (der: Bytes): Promise<void> => {
  let right: boolean;
  try {
    right = await new Pkcs10CertificateRequest(der).verify();
  } catch (cause) {
    throw bad("has a key or a signature of a kind that is not supported", cause);
  }
  if (!right) {
    throw new AppError("bad_request", "CSR contains a public key that does not correspond to the signing key");
  }
};
