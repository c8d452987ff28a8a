import type { CommandCa } from "../../ca/command-ca.ts";
import type { CaMode } from "../../ca/mode.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";
import { counted } from "./show.ts";

export const switchMode = caCommand({
  summary: "Change who the CA is: hoppetdb, or the Puppetserver",
  usage: ["switch own|proxy [--yes]"],
  description: [
    "Shows how many live certificates the CA has that is left, asks, and records who",
    "is the CA from the next start on: own, hoppetdb with the CA in its store, which is",
    "made where there is none; proxy, the Puppetserver behind.",
  ],
  flags: {
    yes: { kind: "switch", help: "Don't ask" },
  },
  operands: ["own or proxy"],
  check: (_, [mode = ""]) =>
    mode === "own" || mode === "proxy" ? [] : [`Unknown mode '${mode}', expected own or proxy`],
  run: ({ yes }, terminal, [given]) => {
    const wanted = given as CaMode;
    return withCa(terminal, { needs: wanted === "own" ? "nothing" : "store", action: "ca switch" }, async (ca) => {
      const current = await ca.mode.current();
      if (current === wanted) {
        terminal.out(`The CA of this store is "${wanted}" already`);
        return 0;
      }
      terminal.err((await consequences(ca, wanted)).join("\n"));
      if (!yes && !terminal.confirm) throw new Error("Nobody can be asked here: use --yes");
      if (!yes && !await terminal.confirm!(`Switch to ${wanted}?`)) {
        terminal.err("Nothing was changed");
        return 1;
      }
      if (wanted === "own") await ca.prepare();
      await ca.mode.set(wanted);
      terminal.out(`The CA of this store is "${wanted}" now`);
      terminal.err(
        `It counts from the next start on: restart every process on this store, with HOPPETDB_CA=${wanted} or unset`,
      );
      return 0;
    });
  },
});

const consequences = async ({ mode, spaces }: CommandCa, wanted: CaMode): Promise<string[]> => {
  const [own, proxy] = [await mode.liveOwn(), await mode.liveProxy()];
  const made = await spaces.get("puppet-ca") !== undefined;
  const ownLine = made ? `${counted(own, "live certificate")} of the CA in this store` : "No CA is in this store yet";
  const proxyLine = `${counted(proxy, "node")} in this store, whose certificates may be of the Puppetserver's CA`;
  return wanted === "own"
    ? [
      `Left behind: ${proxyLine}`,
      `Goes on:     ${ownLine}${made ? "" : "; a new one will be made"}`,
      "Agents that this CA gave no certificate are refused: hoppetdb ca import DIR, before, takes the Puppetserver's CA over",
    ]
    : [
      `Left behind: ${ownLine}`,
      `Goes on:     ${proxyLine}`,
      "Agents that have a certificate of this CA only are refused: hoppetdb ca export DIR gives it to the Puppetserver",
    ];
};
