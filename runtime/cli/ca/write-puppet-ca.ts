import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { PuppetCaExport } from "../../../handlers/core/ca/types.ts";
import { pemOf } from "../../../handlers/core/x509/pem.ts";
import { draftFiles } from "./keep-files.ts";

/** What was written. */
export type WrittenCa = {
  readonly lines: number;
  readonly files: number;
  /** What was left out. */
  readonly problems: readonly string[];
};

/**
 * Writes a CA as a Puppetserver has it: folders with mode 0700, the private key with 0600 and last of all. Certificates in
 * `signed` of the CA that was there before go.
 */
export const writePuppetCa = async (
  dir: string,
  { caCert, caKey, caCrl, serial, inventory, signed }: PuppetCaExport,
  /** SubjectPublicKeyInfo of the CA, DER. */
  publicKey: Uint8Array,
  progress: (text: string) => void,
): Promise<WrittenCa> => {
  const folder = join(dir, "signed");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const each of [dir, folder]) chmodSync(each, 0o700);
  const lines = await writeLines(join(dir, "inventory.txt"), inventory, progress);

  const left = new Set(readdirSync(folder).filter((name) => name.endsWith(".pem")));
  const problems: string[] = [];
  let files = 0;
  for await (const { name, pem } of signed) {
    // a name of an imported CA may be anything
    if (/[/\\\0]/.test(name) || name.startsWith(".")) {
      problems.push(`the certificate of ${JSON.stringify(name)}: that cannot be the name of a file`);
      continue;
    }
    draftFiles([{ path: join(folder, `${name}.pem`), text: pem, mode: 0o644 }]).keep();
    left.delete(`${name}.pem`);
    if (++files % 100 === 0) progress(`${files} certificates`);
  }
  for (const name of left) rmSync(join(folder, name), { recursive: true });

  draftFiles([
    { path: join(dir, "ca_crt.pem"), text: caCert, mode: 0o644 },
    { path: join(dir, "ca_pub.pem"), text: pemOf(publicKey, "PUBLIC KEY"), mode: 0o644 },
    { path: join(dir, "ca_crl.pem"), text: caCrl, mode: 0o644 },
    { path: join(dir, "serial"), text: serial, mode: 0o644 },
    { path: join(dir, "ca_key.pem"), text: caKey, mode: 0o600 },
  ]).keep();
  return { lines, files, problems };
};

const writeLines = async (
  path: string,
  lines: AsyncIterable<string>,
  progress: (text: string) => void,
): Promise<number> => {
  const file = openSync(path, "w", 0o644);
  try {
    let count = 0;
    let pending = "";
    for await (const line of lines) {
      pending += `${line}\n`;
      if (++count % 1000 !== 0) continue;
      writeSync(file, pending);
      pending = "";
      progress(`${count} lines of inventory.txt`);
    }
    if (pending) writeSync(file, pending);
    return count;
  } finally {
    closeSync(file);
  }
};
