import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";

const day = 86_400_000;

export const prune = caCommand({
  summary: "Tell what the CRL holds; it needs no pruning",
  usage: ["prune"],
  description: [
    "The CRL is made from the records: it has each certificate once, and none that has",
    "expired. This says how many.",
  ],
  flags: {},
  run: (_, terminal) =>
    withCa(terminal, { action: "ca prune" }, async ({ authorities, certificates, spaces }) => {
      const { ca_id } = (await spaces.get(puppetSpace))!;
      const { entries, this_update } = await authorities.crl(ca_id);
      let expired = 0;
      const revoked = { authority: ca_id, status: ["revoked"], include_cleaned: true } as const;
      for await (const rows of certificates.stream(revoked)) {
        // the list is dated a day back
        expired += rows.filter(({ not_after }) => not_after !== null && not_after < this_update - day).length;
      }
      terminal.out(`Total number of certificates found in Puppet's CRL is: ${entries}.`);
      terminal.out("No duplicate revocations found in the CRL.");
      if (expired > 0) terminal.out(`Expired since they were revoked, and left out: ${expired}.`);
      return 0;
    }),
});
