import { createHash } from "node:crypto";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { OpenCa } from "../../handlers/core/ca/ca.ts";
import { ownSpace } from "../../handlers/core/ca/revoke.ts";
import { hexOf } from "../../handlers/core/x509/der.ts";
import { certificateParts } from "../../handlers/core/x509/extensions.ts";
import { pemOf } from "../../handlers/core/x509/pem.ts";
import { generateKey, openPrivateKey, readPrivateKey } from "../../handlers/core/x509/private-key.ts";
import { writeName, writeRequest } from "../../handlers/core/x509/write-certificate.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import { type Certificate, openCertificates } from "../tls/authorities.ts";

const day = 86_400_000;
/** Short, for it renews itself; a listener's key that got lost is worth little soon. */
const lifetime = 90 * day;

/** A certificate of our own CA for the listeners of this process. */
export type ListenerCertificate = { readonly cert: string; readonly key: string; readonly serial: string };

export type Wanted = {
  /** The first one is the common name. */
  readonly names: readonly string[];
  /** The id of the authority that should have signed it. */
  readonly authority: string;
};

/**
 * The listeners' certificate, kept in the data directory (the key with mode 0600) and made anew when a third of its time is
 * left, when it lacks a name, when it is revoked, or when another authority signs for us now.
 */
export const listenerCertificate = async (
  ca: OpenCa,
  dir: string,
  wanted: Wanted,
  clock: Clock,
): Promise<ListenerCertificate> => {
  const files = { cert: join(dir, "listener-cert.pem"), key: join(dir, "listener-key.pem") };
  const kept = await read(ca, files, wanted, clock.now());
  if (kept) return kept;
  const made = await make(ca, wanted);
  keep(files.key, made.key, 0o600);
  keep(files.cert, made.cert, 0o644);
  return made;
};

const read = async (
  ca: OpenCa,
  files: { readonly cert: string; readonly key: string },
  { names, authority }: Wanted,
  now: number,
): Promise<ListenerCertificate | undefined> => {
  let cert: string, key: string, leaf: Certificate;
  try {
    [cert, key] = [readFileSync(files.cert, "utf8"), readFileSync(files.key, "utf8")];
    leaf = openCertificates(cert)[0]!;
  } catch {
    return undefined;
  }
  const { serial, notBefore, notAfter } = leaf.facts;
  const fresh = notAfter - now > (notAfter - notBefore) / 3;
  // asked for an address, a name is an error and not a no
  const bears = (name: string) => isIP(name) ? leaf.x509.checkIP(name) : leaf.x509.checkHost(name);
  const named = names.every((name) => bears(name) !== undefined);
  const signer = (await ca.directory.now()).authorities.get(authority);
  const fingerprint = createHash("sha256").update(leaf.der).digest("hex");
  const standing = signer ? await ca.registered({ serial, issuerKeyId: signer.key_id, fingerprint }) : "not registered";
  return fresh && named && standing === "good" && await belongs(key, leaf.der) ? { cert, key, serial } : undefined;
};

/** Two processes that write at once may leave the key of one beside the certificate of the other. */
const belongs = async (key: string, certificate: Uint8Array): Promise<boolean> => {
  try {
    const { publicKey } = await openPrivateKey(readPrivateKey(key));
    return hexOf(publicKey) === hexOf(certificateParts(certificate).publicKey);
  } catch {
    return false;
  }
};

const make = async (ca: OpenCa, { names }: Wanted): Promise<ListenerCertificate> => {
  const pkcs8 = await generateKey("p-256");
  const certname = names[0]!;
  const request = await writeRequest(writeName(certname), [], await openPrivateKey(pkcs8));
  const issued = await ca.certificates.issue({
    space: ownSpace,
    certname,
    pem: pemOf(request, "CERTIFICATE REQUEST"),
    ttl: lifetime / 1000,
    subjectAltNames: names.map((name) => /^[0-9.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`),
    by: { kind: "command", name: "listener" },
  });
  const line = await ca.directory.line(issued.authority!);
  // the root needn't be sent: who believes it has it
  const above = line.filter(({ subject, issuer }) => subject !== issuer).map(({ certificate }) => certificate);
  const chain = line.at(-1)?.chain.slice(0, -1) ?? [];
  return {
    cert: [issued.certificate, ...above, ...chain].join(""),
    key: pemOf(pkcs8, "PRIVATE KEY"),
    serial: issued.serial!,
  };
};

/** Whole or not at all, and never readable for others in between. */
const keep = (file: string, text: string, mode: number): void => {
  const draft = `${file}.${crypto.randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
  chmodSync(draft, mode);
  renameSync(draft, file);
};
