import { resolve } from "node:path";
import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import { pemBlocks, pemOf } from "../../../handlers/core/x509/pem.ts";
import type { CommandCa } from "../../ca/command-ca.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";
import { openPuppetCaFolder } from "./puppet-ca-folder.ts";
import { counted } from "./show.ts";

export const importCa = caCommand({
  summary: "Take over the CA of a Puppetserver",
  usage: ["import DIR [--force]"],
  description: [
    "Takes ca_crt.pem, ca_key.pem, ca_crl.pem, serial, inventory.txt and signed/*.pem",
    "from DIR (/etc/puppetlabs/puppetserver/ca), so that every agent goes on with the",
    "certificate it has. Stop that Puppetserver's CA first: what it signs or revokes",
    "afterwards is not known here. Run it as the user that runs hoppetdb. DIR is left",
    "as it is; an import that was cut off can be run again. Exit status 24: it is",
    "done, but something was left out, and each of that is told.",
  ],
  flags: {
    force: { kind: "switch", help: "Though the store's own CA has live certificates" },
  },
  operands: ["DIR"],
  run: ({ force }, terminal, [dir = ""]) => {
    const folder = openPuppetCaFolder(resolve(dir));
    return withCa(terminal, { needs: "nothing", action: "ca import" }, async (ca) => {
      if (!force) await checkNothingIsLost(ca, folder.files.caCert);
      const { authority, certificates, revocations, problems } = await ca.transfer.importPuppetCa(
        folder.files,
        (done) => terminal.progress(`${done} of about ${Math.max(folder.expected, done)} records`),
      );
      const all = [...folder.problems, ...problems];
      for (const each of all) terminal.err(`Left out: ${each}`);
      terminal.out(
        `Import succeeded: ${counted(certificates, "certificate")}, ${counted(revocations, "revocation")}, ` +
          `authority "${authority}"${all.length > 0 ? `; ${counted(all.length, "problem")}` : ""}`,
      );
      terminal.err(
        await ca.mode.current() === "proxy"
          ? "Agents are still sent to the Puppetserver's CA; to change that: hoppetdb ca switch own"
          : "hoppetdb answers for this CA once it is started with HOPPETDB_CA=own",
      );
      return all.length > 0 ? 24 : 0;
    });
  },
});

/** Agents that know only the CA that is in the store would believe no listener of ours any more. */
const checkNothingIsLost = async ({ spaces, authorities, mode }: CommandCa, bundle: string): Promise<void> => {
  const space = await spaces.get(puppetSpace);
  const signs = space && await authorities.get(space.ca_id);
  if (!signs) return;
  const imported = pemBlocks(bundle, "CERTIFICATE").map((der) => pemOf(der, "CERTIFICATE"));
  const live = await mode.liveOwn();
  if (imported.includes(signs.certificate) || live === 0) return;
  throw new Error(
    `The CA of this store, "${signs.cn}", has ${
      counted(live, "live certificate")
    }: whoever knows only that one would ` +
      "not believe hoppetdb any more. Import into a new store, or use --force",
  );
};
