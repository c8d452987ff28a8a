import type { Signer } from "../../interfaces/signer.ts";
import {
  childrenOf,
  contentOf,
  DerError,
  type Element,
  elementAt,
  expectTag,
  hexOf,
  integerHex,
  oidText,
  tags,
} from "./der.ts";
import { type Extension, readExtensions } from "./extensions.ts";
import { signed } from "./sign-der.ts";
import { element, enumerated, extension, generalizedTime, octets, oid, sequence, tagged } from "./write-der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Which certificate is asked about: hashes of its issuer's name and key, and its serial. */
export type CertId = {
  /** WebCrypto's name of the digest; undefined for one that we don't know. */
  readonly hash: "SHA-1" | "SHA-256" | undefined;
  /** Lower-case hex. */
  readonly issuerNameHash: string;
  readonly issuerKeyHash: string;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** As it was sent: the answer repeats it. */
  readonly der: Bytes;
};

export type OcspRequest = { readonly certIds: readonly CertId[]; readonly nonce: Bytes | undefined };

const nonceOid = "1.3.6.1.5.5.7.48.1.2";
const hashes: Readonly<Record<string, "SHA-1" | "SHA-256">> = {
  "1.3.14.3.2.26": "SHA-1",
  "2.16.840.1.101.3.4.2.1": "SHA-256",
};
const mostAsked = 20;
/** RFC 9654: a nonce has 1 to 128 octets. */
const longestNonce = 128;

/** Reads an OCSP request (RFC 6960, 4.1.1), DER. A signature is not looked at: anyone may ask. Throws DerError. */
export const readOcspRequest = (der: Uint8Array): OcspRequest => {
  const whole = expectTag(elementAt(der, 0), tags.sequence, "request");
  const parts = childrenOf(der, expectTag(childrenOf(der, whole)[0], tags.sequence, "request body"));
  const list = childrenOf(
    der,
    expectTag(parts.find(({ tag }) => tag === tags.sequence), tags.sequence, "request list"),
  );
  if (list.length === 0 || list.length > mostAsked) throw new DerError(`Asks for none or more than ${mostAsked}`);
  const wrapper = parts.find(({ tag }) => tag === 0xa2);
  const extensions: Extension[] = wrapper ? readExtensions(der, childrenOf(der, wrapper)[0]!) : [];
  const nonce = extensions.find((each) => each.oid === nonceOid)?.value;
  if (nonce && nonce.length > longestNonce + 2) throw new DerError("Has a nonce that is too long");
  return { certIds: list.map((each) => readCertId(der, each)), nonce };
};

const readCertId = (der: Uint8Array, request: Element): CertId => {
  const [id] = childrenOf(der, expectTag(request, tags.sequence, "request"));
  const { start, end } = expectTag(id, tags.sequence, "certificate id");
  const [algorithm, name, key, serial] = childrenOf(der, id!);
  const [hash] = childrenOf(der, expectTag(algorithm, tags.sequence, "hash algorithm"));
  return {
    hash: hashes[oidText(der, expectTag(hash, tags.oid, "hash algorithm"))],
    issuerNameHash: hexOf(contentOf(der, expectTag(name, tags.octetString, "name hash"))),
    issuerKeyHash: hexOf(contentOf(der, expectTag(key, tags.octetString, "key hash"))),
    serial: integerHex(der, expectTag(serial, tags.integer, "serial number")),
    der: der.slice(start, end) as Bytes,
  };
};

export type OcspStatus =
  | { readonly kind: "good" }
  | { readonly kind: "revoked"; readonly at: number; readonly reason: number }
  | { readonly kind: "unknown" };

/** An answer without content (RFC 6960, 4.2.1): what was wrong, by its number. */
export const ocspRefusal = (why: "malformed" | "internal" | "unauthorized"): Bytes =>
  sequence(enumerated({ malformed: 1, internal: 2, unauthorized: 6 }[why]));

/** A signed answer, DER; the responder is the authority itself, named by its key. Times are milliseconds since 1970. */
export const writeOcspResponse = async (answer: {
  readonly keyIdentifier: Bytes;
  readonly now: number;
  readonly nextUpdate: number;
  readonly statuses: readonly { readonly certId: CertId; readonly status: OcspStatus }[];
  readonly nonce: Bytes | undefined;
}, signer: Signer): Promise<Bytes> => {
  const { keyIdentifier, now, nextUpdate, statuses, nonce } = answer;
  const body = sequence(
    tagged(2, octets(keyIdentifier)),
    generalizedTime(now),
    sequence(
      ...statuses.map(({ certId, status }) =>
        sequence(certId.der, statusDer(status), generalizedTime(now), tagged(0, generalizedTime(nextUpdate)))
      ),
    ),
    ...(nonce ? [tagged(1, sequence(extension(nonceOid, nonce)))] : []),
  );
  const basic = await signed(body, signer);
  return sequence(enumerated(0), tagged(0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), octets(basic))));
};

const statusDer = (status: OcspStatus): Bytes => {
  if (status.kind === "good") return element(0x80);
  if (status.kind === "unknown") return element(0x82);
  const reason = status.reason === 0 ? [] : [tagged(0, enumerated(status.reason))];
  return tagged(1, generalizedTime(status.at), ...reason);
};
