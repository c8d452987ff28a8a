import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { readMaterial, type TlsFiles } from "./material.ts";

const day = 86_400_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * The certificate for when none is configured: kept in the data directory (the key with mode 0600) and made anew a month
 * before it ends. It proves nothing to anyone; it lets the ports speak TLS until the real one is there.
 */
export const selfSigned = async (dir: string, names: readonly string[], now: number): Promise<TlsFiles> => {
  const files = { cert: join(dir, "self-signed-cert.pem"), key: join(dir, "self-signed-key.pem") };
  try {
    readMaterial(files, now + 30 * day);
  } catch {
    const { cert, key } = await make(names, now);
    keep(files.key, key, 0o600);
    keep(files.cert, cert, 0o644);
  }
  return files;
};

const make = async (names: readonly string[], now: number) => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const all = [...new Set([...names, "localhost", "127.0.0.1", "::1"])];
  const cert = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [names[0] ?? "localhost"] }],
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - day),
    notAfter: new Date(now + 365 * day),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        all.map((value) => isIP(value) ? { type: "ip" as const, value } : { type: "dns" as const, value }),
      ),
    ],
  });
  const key = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { cert: `${cert.toString("pem")}\n`, key: `${key}\n` };
};

/** Whole or not at all, and never readable for others in between. */
const keep = (file: string, text: string, mode: number): void => {
  const draft = `${file}.${crypto.randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600, flag: "wx" });
  chmodSync(draft, mode);
  renameSync(draft, file);
};
