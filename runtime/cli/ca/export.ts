import { existsSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { readCrl } from "../../../handlers/core/x509/crl.ts";
import { pemBlocks } from "../../../handlers/core/x509/pem.ts";
import { openPrivateKey, readPrivateKey } from "../../../handlers/core/x509/private-key.ts";
import { isSignedBy } from "../../../handlers/core/x509/verify-signature.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";
import { counted, showTime } from "./show.ts";
import { writePuppetCa } from "./write-puppet-ca.ts";

export const exportCa = caCommand({
  summary: "Write the CA in the layout of a Puppetserver",
  usage: ["export DIR [--force]"],
  description: [
    "Writes ca_crt.pem, ca_key.pem (the private key, not encrypted), ca_pub.pem,",
    "ca_crl.pem, serial, inventory.txt and signed/*.pem into DIR, which is made with",
    "mode 0700. A Puppetserver goes on with it; what is signed or revoked here",
    "afterwards it does not know.",
  ],
  flags: {
    force: { kind: "switch", help: "Replace the CA in a folder that is not empty" },
  },
  operands: ["DIR"],
  run: ({ force }, terminal, [given = ""]) => {
    const dir = resolve(given);
    checkFolder(dir, force);
    return withCa(terminal, {}, async ({ transfer }) => {
      const ca = await transfer.exportPuppetCa();
      const { publicKey } = await openPrivateKey(readPrivateKey(ca.caKey));
      const { lines, files, problems } = await writePuppetCa(dir, ca, publicKey, terminal.progress);
      for (const each of problems) terminal.err(`Left out: ${each}`);
      terminal.out(
        `Export succeeded: ${counted(lines, "line")} in inventory.txt, ${
          counted(files, "file")
        } in signed. Find your ` +
          `files in ${dir}`,
      );
      terminal.err(
        "ca_key.pem is the private key of the CA, not encrypted: guard it, and remove it when it is not needed",
      );
      for (const each of await lapsingLists(ca.caCrl, publicKey)) terminal.err(each);
      return problems.length > 0 ? 24 : 0;
    });
  },
});

const checkFolder = (dir: string, force: boolean): void => {
  if (!existsSync(dir)) return;
  if (!statSync(dir).isDirectory()) throw new Error(`"${dir}" is no folder`);
  if (!force && readdirSync(dir).length > 0) {
    throw new Error(`"${dir}" is not empty: choose another folder, or use --force`);
  }
};

/** The lists of the authorities above: whoever has only the key of the one that signs can't renew them. */
const lapsingLists = async (pem: string, publicKey: Uint8Array): Promise<string[]> => {
  const lists = await Promise.all(
    pemBlocks(pem, "X509 CRL").map(async (der) => {
      const { issuer, nextUpdate } = readCrl(der);
      if (nextUpdate === undefined || await isSignedBy(der, publicKey)) return [];
      return [
        `The list of "${issuer.text}" in ca_crl.pem lapses ${showTime(nextUpdate)}; a Puppetserver cannot renew it: ` +
        "replace it before, from hoppetdb ca crl",
      ];
    }),
  );
  return lists.flat();
};
