import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import { readCrls } from "../../../handlers/core/x509/crl.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";
import { readText } from "./read-file.ts";
import { counted, showTime, table } from "./show.ts";

export const crl = caCommand({
  summary: "Print the certificate revocation lists",
  usage: ["crl [--authority ID] [--summary]", "crl --update FILE"],
  description: [
    "Prints the CRLs that agents get, PEM: of the authority that signs, of those above",
    "it, and of the earlier ones while they have live certificates. With --update: takes",
    "newer ones of external authorities, which nobody here can renew.",
  ],
  flags: {
    authority: { kind: "text", value: "ID", help: "The list of this authority only" },
    summary: { kind: "switch", help: "Print number, dates and entries of each instead" },
    update: { kind: "text", value: "FILE", help: "Take the CRLs of external authorities from FILE, PEM" },
  },
  check: ({ authority, summary, update }) =>
    update !== undefined && (summary || authority !== undefined) ? ["--update goes with no other flag"] : [],
  run: ({ authority, summary, update }, terminal) => {
    const lists = update === undefined ? undefined : readText(update);
    return withCa(terminal, { action: "ca crl" }, async ({ authorities, spaces, updateExternalCrls }) => {
      if (lists !== undefined) {
        terminal.out(`${counted(await updateExternalCrls(lists), "CRL")} of external authorities taken`);
        return 0;
      }
      const { pem } = authority === undefined ? await spaces.crls(puppetSpace) : await authorities.crl(authority);
      terminal.out(summary ? summaryOf(pem, Date.now()).join("\n") : pem);
      return 0;
    });
  },
});

/** A line for each list of a PEM text. */
const summaryOf = (pem: string, now: number): string[] =>
  table([
    ["ISSUER", "NUMBER", "THIS UPDATE", "NEXT UPDATE", "ENTRIES"],
    ...readCrls(pem).map(({ issuer, number, thisUpdate, nextUpdate, revoked }) => [
      issuer.text,
      number === undefined ? "-" : BigInt(`0x${number}`).toString(),
      showTime(thisUpdate),
      nextUpdate === undefined ? "-" : `${showTime(nextUpdate)}${nextUpdate < now ? " (lapsed)" : ""}`,
      String(revoked.size),
    ]),
  ]);
