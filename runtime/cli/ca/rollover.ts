import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import type { CommandCa } from "../../ca/command-ca.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";
import { showTime, table } from "./show.ts";

export const rollover = caCommand({
  summary: "Let another authority sign, or show how far that is",
  usage: ["rollover [--space ID]", "rollover [--space ID] --to ID"],
  description: [
    "From then on the other authority signs and renews. The earlier one stays trusted",
    "until its last certificate is gone. Without --to: how many live certificates each",
    "authority of the space has.",
  ],
  flags: {
    space: { kind: "text", value: "ID", help: "The space; puppet-ca, that of /puppet-ca/v1, by default" },
    to: { kind: "text", value: "ID", help: "The authority that is to sign" },
  },
  run: ({ space = puppetSpace, to }, terminal) =>
    withCa(terminal, {
      needs: to === undefined ? "ca" : "store",
      changes: to !== undefined,
      action: to && "ca rollover",
    }, async (ca) => {
      if (to !== undefined) {
        const before = await ca.spaces.get(space);
        if (before?.ca_id === to) terminal.err(`Authority "${to}" signs for ${space} already`);
        // a store that begins with an external root
        else if (!before && space === puppetSpace) {
          await ca.spaces.create({
            id: space,
            ca_id: to,
            description: "Agents and servers: /puppet-ca/v1",
            by: terminal.by,
          });
        } else await ca.spaces.update(space, { ca_id: to, by: terminal.by });
      }
      terminal.out((await progressOf(ca, space)).join("\n"));
      return 0;
    }),
});

/** How far a space's roll-over is. */
export const progressOf = async (
  { spaces, authorities }: Pick<CommandCa, "spaces" | "authorities">,
  space: string,
): Promise<string[]> => {
  const found = await spaces.progress(space);
  const rows = await Promise.all(found.map(async ({ authority, current, live }) => [
    authority,
    current ? "yes" : "no",
    String(live),
    showTime((await authorities.get(authority))?.not_after ?? 0),
  ]));
  const total = found.reduce((sum, { live }) => sum + live, 0);
  const now = found.find(({ current }) => current)?.live ?? 0;
  const end = total === now
    ? "No roll-over is under way"
    : `Roll-over: ${now} of ${total} live certificates are of the authority that signs; the others stay trusted`;
  return [...table([["AUTHORITY", "SIGNS", "LIVE, WITH LISTENERS", "EXPIRES"], ...rows]), end];
};
