import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import { parseAltName } from "../../../handlers/core/x509/alt-names.ts";
import { pemOf } from "../../../handlers/core/x509/pem.ts";
import { generateKey, openPrivateKey } from "../../../handlers/core/x509/private-key.ts";
import { writeName, writeRequest } from "../../../handlers/core/x509/write-certificate.ts";
import { type KeyKind, keyKinds } from "../../../handlers/interfaces/signer.ts";
import type { CommandCa } from "../../ca/command-ca.ts";
import { readConfig } from "../../config.ts";
import { caCommand } from "./command.ts";
import { draftFiles, makeFolder } from "./keep-files.ts";
import { checkNewNames, checkTtl, readTtl } from "./names.ts";
import { withCa } from "./open.ts";
import { forEachName, type Outcome, reportErrors, reportRefusal } from "./outcomes.ts";
import type { Terminal } from "./terminal.ts";

export const generate = caCommand({
  summary: "Generate a new certificate signed by the CA",
  usage: [
    "generate --certname NAME[,NAME] [--subject-alt-names NAME[,NAME]]",
    "         [--ca-client] [--ttl TTL] [--key KIND] [--dir DIR] [--force]",
  ],
  description: [
    "Generates a private key and a certificate for it, and stores them below DIR as",
    "Puppet does: private_keys/NAME.pem (mode 0600), public_keys/NAME.pem and",
    "certs/NAME.pem, with the CA's certificates as certs/ca.pem.",
    "",
    "With --ca-client the certificate may administer the CA on port 8001",
    "(pp_cli_auth): do not give it to a node that should not sign certificates.",
  ],
  flags: {
    certname: { kind: "names", value: "NAME[,NAME]", help: "One or more comma separated certnames" },
    "subject-alt-names": { kind: "names", value: "NAME[,NAME]", help: "Other names: DNS:name, IP:address, or name" },
    "ca-client": { kind: "switch", help: "Whether this cert will be used to request CA actions" },
    ttl: { kind: "text", value: "TTL", help: "The time-to-live for each cert: 90d, 12h, 5y, or seconds" },
    key: { kind: "text", value: "KIND", help: `${keyKinds.join(", ")}; rsa-4096 by default` },
    dir: { kind: "text", value: "DIR", help: "Where to; by default ssl in HOPPETDB_DATA_DIR" },
    force: { kind: "switch", help: "Replace files that are there" },
  },
  check: ({ certname, "subject-alt-names": altNames, ttl, key }) => [
    ...(certname.length === 0 ? ["At least one certname is required to generate"] : []),
    ...checkNewNames(certname),
    ...altNames.flatMap(checkAltName),
    ...checkTtl(ttl),
    ...(key === undefined || (keyKinds as readonly string[]).includes(key)
      ? []
      : [`'${key}' is no kind of key, expected one of ${keyKinds.join(", ")}`]),
  ],
  run: (
    { certname, "subject-alt-names": altNames, "ca-client": cliAuth, ttl, key = "rsa-4096", dir, force },
    terminal,
  ) =>
    withCa(terminal, { changes: true, action: "ca generate" }, async (ca) => {
      const folder = resolve(dir ?? join(readConfig(terminal.env).DATA_DIR, "ssl"));
      const wanted: Wanted = {
        folder,
        altNames,
        cliAuth,
        key: key as KeyKind,
        ...(ttl === undefined ? {} : { ttl: readTtl(ttl)! }),
        force,
      };
      const status = await forEachName(certname, (name) => make(ca, name, wanted, terminal), (name, error) => {
        reportRefusal(terminal, `sign certificate request '${name}'`, error);
        if (/ already has a /.test(error.message)) {
          terminal.err(`    hoppetdb ca clean --certname ${name} frees the name`);
        }
        return "failed";
      });
      // in a folder of somebody else's, what it trusts is his affair
      const bundle = join(folder, "certs", "ca.pem");
      if (status === 0 && (dir === undefined || !existsSync(bundle))) {
        draftFiles([{ path: bundle, text: await ca.spaces.bundle(puppetSpace), mode: 0o644 }]).keep();
      }
      return status;
    }),
});

type Wanted = {
  readonly folder: string;
  readonly altNames: readonly string[];
  readonly cliAuth: boolean;
  readonly key: KeyKind;
  readonly ttl?: number;
  readonly force: boolean;
};

const checkAltName = (text: string): string[] => {
  const parsed = parseAltName(text);
  if (parsed && (parsed.kind === "IP" || /^[A-Za-z0-9_.-]{1,253}$/.test(parsed.value))) return [];
  return [`'${text}' is no alternative name, expected DNS:name or IP:address`];
};

/** The private key is on disk before there is a certificate for it, and in its place only together with that. */
const make = async (
  { certificates }: CommandCa,
  certname: string,
  { folder, altNames, cliAuth, key, ttl, force }: Wanted,
  terminal: Terminal,
): Promise<Outcome> => {
  const pathOf = (kind: string) => join(folder, kind, `${certname}.pem`);
  const paths = { private: pathOf("private_keys"), public: pathOf("public_keys"), certificate: pathOf("certs") };
  const there = Object.values(paths).filter((path) => existsSync(path));
  if (there.length > 0 && !force) {
    reportErrors(terminal, [
      ...there.map((path) => `Existing file at '${path}'`),
      `Please delete these files if you really want to generate a new cert for ${certname}, or use --force`,
    ]);
    return "failed";
  }
  const pkcs8 = await generateKey(key);
  const signer = await openPrivateKey(pkcs8);
  const request = pemOf(await writeRequest(writeName(certname), [], signer), "CERTIFICATE REQUEST");
  makeFolder(join(folder, "private_keys"), 0o700);
  const keys = draftFiles([
    { path: paths.private, text: pemOf(pkcs8, "PRIVATE KEY"), mode: 0o600 },
    { path: paths.public, text: pemOf(signer.publicKey, "PUBLIC KEY"), mode: 0o644 },
  ]);
  try {
    const { certificate } = await certificates.issue({
      space: puppetSpace,
      certname,
      pem: request,
      subjectAltNames: altNames,
      cliAuth,
      by: terminal.by,
      ...(ttl === undefined ? {} : { ttl }),
    });
    keys.keep();
    draftFiles([{ path: paths.certificate, text: certificate!, mode: 0o644 }]).keep();
  } catch (error) {
    keys.discard();
    throw error;
  }
  terminal.out(`Successfully saved private key for ${certname} to ${paths.private}`);
  terminal.out(`Successfully saved public key for ${certname} to ${paths.public}`);
  if (!cliAuth) {
    terminal.out(`Successfully submitted certificate request for ${certname}`);
    terminal.out(`Successfully signed certificate request for ${certname}`);
  }
  terminal.out(`Successfully saved certificate for ${certname} to ${paths.certificate}`);
  return "success";
};
