import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PuppetCaFiles } from "../../../handlers/core/ca/types.ts";
import { errorCode, readText } from "./read-file.ts";

const needed = ["ca_crt.pem", "ca_key.pem", "ca_crl.pem"];
/** A certificate has 2 kB. */
const largest = 1 << 20;

/** A Puppetserver's CA as it lies on disk. */
export type PuppetCaFolder = {
  readonly files: PuppetCaFiles;
  /** How many records there will be, about. */
  readonly expected: number;
  /** What can't be read; complete once `files.signed` was read to its end. */
  readonly problems: readonly string[];
};

/** Looks at such a folder. Throws an Error that names every file that is missing. */
export const openPuppetCaFolder = (dir: string): PuppetCaFolder => {
  if (!existsSync(dir)) throw new Error(`There is no folder "${dir}"`);
  if (!statSync(dir).isDirectory()) throw new Error(`"${dir}" is no folder, expected the one with ca_crt.pem in it`);
  const has = (name: string) => existsSync(join(dir, name));
  const missing = needed.filter((name) => !has(name));
  if (missing.length > 0) {
    const inner = ["ca", "puppetserver/ca", "ssl/ca"].map((each) => join(dir, each)).find((each) =>
      needed.every((name) => existsSync(join(each, name)))
    );
    throw new Error(
      `"${dir}" has no ${missing.join(", no ")}: expected the CA folder of a Puppetserver` +
        (inner ? `, and that is "${inner}"` : ", /etc/puppetlabs/puppetserver/ca for instance"),
    );
  }
  if (!has("inventory.txt") && !has("signed")) {
    throw new Error(
      `"${dir}" has neither inventory.txt nor signed: no certificate would be known, and every agent refused`,
    );
  }
  const optional = (name: string) => has(name) ? readText(join(dir, name)) : undefined;
  const [serial, inventory] = [optional("serial"), optional("inventory.txt")];
  const names = has("signed") ? list(join(dir, "signed")) : [];
  const problems = [
    ...(inventory === undefined ? ["inventory.txt is missing: only certificates in signed are known"] : []),
    ...(has("signed") ? [] : ["signed is missing: of the certificates only serial and name are known"]),
  ];
  return {
    files: {
      caCert: readText(join(dir, "ca_crt.pem")),
      caKey: readText(join(dir, "ca_key.pem")),
      caCrl: readText(join(dir, "ca_crl.pem")),
      ...(serial === undefined ? {} : { serial }),
      ...(inventory === undefined ? {} : { inventory }),
      signed: readSigned(join(dir, "signed"), names, problems),
    },
    expected: Math.max(names.length, (inventory ?? "").split("\n").filter((line) => line.trim() !== "").length),
    problems,
  };
};

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".pem")).sort();
  } catch (error) {
    throw new Error(`Could not read folder '${folder}' (${errorCode(error)})`);
  }
};

async function* readSigned(folder: string, names: readonly string[], problems: string[]): PuppetCaFiles["signed"] {
  for (const file of names) {
    let pem: string;
    try {
      const { size } = statSync(join(folder, file));
      if (size > largest) throw Object.assign(new Error(), { code: `${size} bytes are too many` });
      pem = readFileSync(join(folder, file), "utf8");
    } catch (error) {
      problems.push(`signed/${file}: cannot be read (${errorCode(error)})`);
      continue;
    }
    yield await Promise.resolve({ name: file.slice(0, -".pem".length), pem });
  }
}
