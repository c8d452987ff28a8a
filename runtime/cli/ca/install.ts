import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";
import { readText } from "./read-file.ts";
import { showTime } from "./show.ts";

export const install = caCommand({
  summary: "Install what an external root made of a CSR",
  usage: ["install --id ID --certificate FILE --chain FILE [--crl FILE]"],
  description: [
    "Gives the authority that `hoppetdb ca csr` made its certificate. It signs once a",
    "space is moved to it: `hoppetdb ca rollover --to ID`.",
  ],
  flags: {
    id: { kind: "text", value: "ID", help: "The authority" },
    certificate: { kind: "text", value: "FILE", help: "Its certificate, PEM" },
    chain: { kind: "text", value: "FILE", help: "The certificates above it, up to the root, PEM" },
    crl: { kind: "text", value: "FILE", help: "The CRLs of those above it, PEM" },
  },
  check: (flags) =>
    (["id", "certificate", "chain"] as const).filter((name) => flags[name] === undefined).map((name) =>
      `--${name} is required`
    ),
  run: ({ id = "", certificate = "", chain = "", crl }, terminal) => {
    const files = {
      certificate: readText(certificate),
      chain: [readText(chain)],
      ...(crl === undefined ? {} : { crls: readText(crl) }),
    };
    return withCa(terminal, { needs: "store", action: "ca install" }, async ({ authorities }) => {
      const { cn, not_after } = await authorities.install({ id, ...files, by: terminal.by });
      terminal.out(`Authority "${id}" (${cn}) can sign, until ${showTime(not_after)}`);
      if (crl === undefined) {
        terminal.err(
          "Warning: without --crl agents that check the whole chain (certificate_revocation = chain, Puppet's default) fail",
        );
      }
      terminal.err(`To let it sign: hoppetdb ca rollover --space puppet-ca --to ${id}`);
      return 0;
    });
  },
});
