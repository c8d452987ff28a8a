import { AppError } from "../../errors.ts";
import type { Signer } from "../../interfaces/signer.ts";
import { type AltName, showAltName, writeAltNames } from "../x509/alt-names.ts";
import { hexOf } from "../x509/der.ts";
import type { Extension } from "../x509/extensions.ts";
import { stringValue } from "../x509/extensions.ts";
import { fingerprintsOf, plainFingerprint } from "../x509/fingerprints.ts";
import { pemOf } from "../x509/pem.ts";
import { keyIdentifier } from "../x509/public-key.ts";
import { writeCertificate, writeKeyUsage, writeName } from "../x509/write-certificate.ts";
import { ascii, boolean, element, octets, oid, sequence, tagged } from "../x509/write-der.ts";
import { authorizationName, cliAuthOid, isAuthorization, oids } from "./oids.ts";
import type { Certificate } from "./records.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const day = 86_400_000;

/** Who signs: what of an authority goes into the certificates below it. */
export type Issuer = {
  readonly id: string;
  /** DER of its subject. */
  readonly name: Bytes;
  readonly keyIdentifier: Bytes;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signer: Signer;
};

/** Where a certificate says that its status is to be asked for; by choice. */
export type StatusUrls = { readonly crl: string | undefined; readonly ocsp: string | undefined };

/** What of a record comes from its certificate. */
export type Issued = Pick<
  Certificate,
  | "certificate"
  | "authority"
  | "serial"
  | "not_before"
  | "not_after"
  | "fingerprints"
  | "fingerprint"
  | "subject_alt_names"
  | "authorization_extensions"
>;

/** What we write ourselves, and nobody else may: a second one would be read by some and not by others. */
export const ownOids: readonly string[] = [
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.subjectAltName,
  oids.crlDistributionPoints,
  oids.authorityInfoAccess,
];

/** 159 random bits: at most 20 octets, as RFC 5280 asks, and nothing of them is known before. Hex. */
export const randomSerial = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  // positive
  bytes[0]! &= 0x7f;
  return hexOf(bytes).replace(/^0+(?=.)/, "");
};

/**
 * Signs a certificate for a node: the extensions that Puppet's have, the given names, and what of the request's own
 * extensions was judged to be copied. It is valid from 24 hours ago, for clocks that are behind, and never longer than its
 * issuer. Throws AppError `conflict` where that has expired.
 */
export const issueCertificate = async (what: {
  readonly certname: string;
  readonly publicKey: Bytes;
  readonly altNames: readonly AltName[];
  /** Copied as they are. */
  readonly extensions: readonly Extension[];
  /** May administer the CA. */
  readonly cliAuth?: boolean;
  /** Seconds. */
  readonly ttl: number;
  readonly now: number;
  readonly urls: StatusUrls;
}, issuer: Issuer): Promise<Issued> => {
  const { certname, publicKey, now, urls } = what;
  if (now >= issuer.notAfter) {
    const since = new Date(issuer.notAfter).toISOString();
    throw new AppError("conflict", `Authority "${issuer.id}" expired on ${since}: it signs nothing`);
  }
  const serial = randomSerial();
  const notBefore = Math.max(now - day, issuer.notBefore);
  const notAfter = Math.min(now + what.ttl * 1000, issuer.notAfter);
  const own: AltName = { kind: "DNS", value: certname };
  const altNames = [own, ...what.altNames.filter((each) => showAltName(each) !== showAltName(own))];
  const copied = what.extensions.filter((each) => !ownOids.includes(each.oid) && each.oid !== cliAuthOid)
    .map((each) => ({ ...each, critical: false }));
  const rights = what.cliAuth ? [{ oid: cliAuthOid, critical: false, value: element(0x0c, ascii("true")) }] : [];
  const extensions: Extension[] = [
    { oid: oids.basicConstraints, critical: true, value: sequence() },
    { oid: oids.keyUsage, critical: true, value: writeKeyUsage(0, 2) },
    { oid: oids.extendedKeyUsage, critical: true, value: sequence(oid(oids.serverAuth), oid(oids.clientAuth)) },
    { oid: oids.subjectKeyIdentifier, critical: false, value: octets(await keyIdentifier(publicKey)) },
    authorityKey(issuer.keyIdentifier),
    { oid: oids.subjectAltName, critical: false, value: writeAltNames(altNames) },
    ...statusExtensions(urls),
    ...copied,
    ...rights,
  ];
  const der = await writeCertificate({
    serial,
    issuer: issuer.name,
    notBefore,
    notAfter,
    subject: writeName(certname),
    publicKey,
    extensions,
  }, issuer.signer);
  const fingerprints = await fingerprintsOf(der);
  return {
    certificate: pemOf(der, "CERTIFICATE"),
    authority: issuer.id,
    serial,
    not_before: Math.floor(notBefore / 1000) * 1000,
    not_after: Math.floor(notAfter / 1000) * 1000,
    fingerprints,
    fingerprint: plainFingerprint(fingerprints.SHA256),
    subject_alt_names: altNames.map(showAltName),
    authorization_extensions: authorizationsOf([...copied, ...rights]),
  };
};

/** What rights a list of extensions gives or asks for, by name. */
export const authorizationsOf = (extensions: readonly Extension[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    extensions.filter((each) => isAuthorization(each.oid)).map((each) => [
      authorizationName(each.oid),
      stringValue(each.value) ?? hexOf(each.value),
    ]),
  );

/** The extensions of an authority's certificate; `pathLength` is how many authorities may stand below. */
export const authorityExtensions = async (
  publicKey: Bytes,
  issuerKeyIdentifier: Bytes,
  pathLength: number | undefined,
): Promise<Extension[]> => [
  {
    oid: oids.basicConstraints,
    critical: true,
    value: sequence(boolean(true), ...(pathLength === undefined ? [] : [element(2, Uint8Array.of(pathLength))])),
  },
  // keyCertSign and cRLSign, and digitalSignature for OCSP answers
  { oid: oids.keyUsage, critical: true, value: writeKeyUsage(0, 5, 6) },
  { oid: oids.subjectKeyIdentifier, critical: false, value: octets(await keyIdentifier(publicKey)) },
  authorityKey(issuerKeyIdentifier),
];

const authorityKey = (keyIdentifier: Bytes): Extension => ({
  oid: oids.authorityKeyIdentifier,
  critical: false,
  value: sequence(element(0x80, keyIdentifier)),
});

const statusExtensions = ({ crl, ocsp }: StatusUrls): Extension[] => {
  const uri = (text: string) => element(0x86, ascii(text));
  return [
    ...(crl
      ? [{
        oid: oids.crlDistributionPoints,
        critical: false,
        value: sequence(sequence(tagged(0, tagged(0, uri(crl))))),
      }]
      : []),
    ...(ocsp
      ? [{
        oid: oids.authorityInfoAccess,
        critical: false,
        value: sequence(sequence(oid("1.3.6.1.5.5.7.48.1"), uri(ocsp))),
      }]
      : []),
  ];
};
