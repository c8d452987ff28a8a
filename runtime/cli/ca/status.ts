import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import type { CommandCa } from "../../ca/command-ca.ts";
import type { CaMode } from "../../ca/mode.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";
import { progressOf } from "./rollover.ts";
import { counted, showTime, table } from "./show.ts";

const day = 86_400_000;

export const status = caCommand({
  summary: "Show authorities, certificates, CRLs and roll-overs",
  usage: ["status"],
  description: ["Says whose the CA is, what it has signed, and what expires when."],
  flags: {},
  run: (_, terminal) =>
    withCa(terminal, { needs: "store" }, async (ca) => {
      const lines = [modeLine(await ca.mode.current()), "", ...await authorityLines(ca)];
      if (await ca.spaces.get(puppetSpace)) {
        lines.push("", ...await certificateLines(ca), "", ...await progressOf(ca, puppetSpace));
      }
      terminal.out(lines.join("\n"));
      return 0;
    }),
});

const modeLine = (mode: CaMode | undefined): string => {
  if (mode === "own") return "The CA is hoppetdb's own (own)";
  if (mode === "proxy") return "The CA is the Puppetserver's (proxy); what follows is the one in this store";
  return "Nobody has chosen yet whose the CA is: HOPPETDB_CA, at the first start";
};

const authorityLines = async ({ authorities, spaces }: CommandCa): Promise<string[]> => {
  const known = await spaces.list();
  const found = await authorities.list();
  if (found.length === 0) return ["No authority is in this store"];
  const rows = await Promise.all(found.map(async ({ id, cn, status, has_key, not_after, crl }) => {
    const list = status === "active" && has_key && crl ? await authorities.crl(id) : undefined;
    return [
      id,
      cn,
      status === "active" && !has_key ? "no key here" : status,
      known.filter(({ ca_id }) => ca_id === id).map((space) => space.id).join(",") || "-",
      status === "pending" ? "-" : showTime(not_after),
      list ? `number ${list.number}, ${list.entries} revoked, until ${showTime(list.next_update)}` : "-",
    ];
  }));
  return table([["AUTHORITY", "COMMON NAME", "STATUS", "SIGNS FOR", "EXPIRES", "CRL"], ...rows]);
};

const certificateLines = async ({ certificates }: CommandCa): Promise<string[]> => {
  const count = (filter: Parameters<typeof certificates.count>[0]) =>
    certificates.count({ space: puppetSpace, ...filter });
  const [live, revoked, expired, waiting, soon] = [
    await count({ status: ["signed"] }),
    await count({ status: ["revoked"] }),
    await count({ status: ["expired"] }),
    await count({ status: ["requested"] }),
    await count({ status: ["signed"], expiring_before: Date.now() + 30 * day }),
  ];
  return [
    `Agents and servers: ${counted(live, "live certificate")} (${soon} expiring within 30 days), ` +
    `${revoked} revoked, ${expired} expired`,
    `${counted(waiting, "request")} waiting to be signed${waiting > 0 ? ": hoppetdb ca list" : ""}`,
  ];
};
