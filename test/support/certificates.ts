import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const day = 86_400_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate and its key, PEM. `chain` has the certificate and the intermediates above it, without the root. */
export type Issued = {
  readonly cert: string;
  readonly key: string;
  readonly chain: string;
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly der: Uint8Array<ArrayBuffer>;
};

export type IssueOptions = {
  /** The whole subject, in place of `CN=<name>`, e.g. `CN=a, CN=b`. */
  readonly subject?: string;
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  /** Milliseconds from now; by default a day ago and 30 days ahead. */
  readonly from?: number;
  readonly until?: number;
  /** Hex. */
  readonly serial?: string;
  readonly authority?: boolean;
  /** Extended key usages (OIDs); by default server and client authentication. */
  readonly usages?: readonly string[];
  /** Further extensions by OID, DER. */
  readonly extensions?: readonly { readonly oid: string; readonly value: Uint8Array<ArrayBuffer> }[];
};

export type CrlOptions = {
  readonly from?: number;
  readonly until?: number;
};

/** A certification authority made for a test. */
export type Authority = Issued & {
  /** A leaf for a name: `CN=<name>`, good for servers (with that name and localhost, 127.0.0.1) and clients. */
  issue(name: string, options?: IssueOptions): Promise<Issued>;
  /** An authority below this one; with `authority: false` a node that acts as one. */
  intermediate(name: string, options?: IssueOptions): Promise<Authority>;
  /** A CRL, PEM, with these serials (hex). */
  crl(serials?: readonly string[], options?: CrlOptions): Promise<string>;
};

/** A new root, `CN=<name>`. */
export const createAuthority = async (name = "Test root", options: IssueOptions = {}): Promise<Authority> => {
  const keys = await newKeys();
  const cert = await x509.X509CertificateGenerator.create({
    ...common(name, { ...options, authority: true }),
    issuer: options.subject ?? `CN=${name}`,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
  });
  return authorityOf(cert, keys, "");
};

const authorityOf = async (
  cert: x509.X509Certificate,
  keys: CryptoKeyPair,
  above: string,
): Promise<Authority> => {
  const sign = async (name: string, options: IssueOptions) => {
    const own = await newKeys();
    const made = await x509.X509CertificateGenerator.create({
      ...common(name, options),
      issuer: cert.subjectName,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
    });
    return { made, own };
  };
  const isRoot = cert.subject === cert.issuer;
  const upward = isRoot ? "" : `${cert.toString("pem")}\n${above}`;
  return {
    ...await issued(cert, keys, above),
    issue: async (name, options = {}) => {
      const { made, own } = await sign(name, options);
      return issued(made, own, upward);
    },
    intermediate: async (name, options = {}) => {
      const { made, own } = await sign(name, { authority: true, ...options });
      return authorityOf(made, own, upward);
    },
    crl: async (serials = [], options = {}) => {
      const made = await x509.X509CrlGenerator.create({
        issuer: cert.subjectName,
        thisUpdate: new Date(Date.now() + (options.from ?? -day)),
        nextUpdate: new Date(Date.now() + (options.until ?? 30 * day)),
        // With a reason: without any extension the generator writes an empty list, which OpenSSL refuses.
        entries: serials.map((serialNumber) => ({
          serialNumber: even(serialNumber),
          revocationDate: new Date(),
          reason: x509.X509CrlReason.keyCompromise,
        })),
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
      });
      return `${x509.PemConverter.encode(made.rawData, "X509 CRL")}\n`;
    },
  };
};

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;

const common = (name: string, options: IssueOptions) => ({
  serialNumber: even(options.serial ?? randomSerial()),
  subject: options.subject ?? `CN=${name}`,
  notBefore: new Date(Date.now() + (options.from ?? -day)),
  notAfter: new Date(Date.now() + (options.until ?? 30 * day)),
  extensions: [
    new x509.BasicConstraintsExtension(options.authority ?? false, undefined, true),
    new x509.KeyUsagesExtension(
      options.authority
        ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
        : x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
      true,
    ),
    ...(options.authority ? [] : [
      new x509.ExtendedKeyUsageExtension([...options.usages ?? ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]], true),
      new x509.SubjectAlternativeNameExtension([
        ...(options.names ?? [name, "localhost"]).map((value) => ({ type: "dns" as const, value })),
        ...(options.addresses ?? ["127.0.0.1"]).map((value) => ({ type: "ip" as const, value })),
      ]),
    ]),
    ...(options.extensions ?? []).map(({ oid, value }) => new x509.Extension(oid, false, value)),
  ],
});

const issued = async (cert: x509.X509Certificate, keys: CryptoKeyPair, above: string): Promise<Issued> => {
  const pem = `${cert.toString("pem")}\n`;
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: pem,
    key: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
    chain: pem + above,
    serial: cert.serialNumber.toLowerCase().replace(/^0+(?=.)/, ""),
    der: new Uint8Array(cert.rawData),
  };
};

/** Whole bytes, and positive: DER's integers have a sign. */
const even = (hex: string) => {
  const whole = hex.length % 2 === 0 ? hex : `0${hex}`;
  return parseInt(whole.slice(0, 2), 16) > 0x7f ? `00${whole}` : whole;
};

const randomSerial = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};
