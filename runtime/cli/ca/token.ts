import type { EnrolmentToken } from "../../../handlers/core/ca/records.ts";
import type { Tokens } from "../../../handlers/core/ca/types.ts";
import { type CaCommand, caCommand } from "./command.ts";
import { checkTtl, readTtl } from "./names.ts";
import { withCa } from "./open.ts";
import { reportErrors } from "./outcomes.ts";
import { showTime, table } from "./show.ts";

const create = caCommand({
  summary: "Make a one-time enrolment token",
  usage: ["token [create] --certname NAME [--ttl TTL]"],
  description: [
    "Makes a token that lets one request of NAME, or of a name that fits the glob",
    "(*.example.com), be signed by itself. The token alone is written to standard",
    "output, and is shown only now: the store has its hash.",
  ],
  flags: {
    certname: { kind: "text", value: "NAME", help: "The certname, or a glob such as *.example.com" },
    ttl: { kind: "text", value: "TTL", help: "How long it can be used: 30m, 1d, or seconds; 1h by default" },
  },
  check: ({ certname, ttl }) => [
    ...(certname === undefined ? ["A certname is required to create a token"] : []),
    ...checkTtl(ttl),
  ],
  run: ({ certname = "", ttl = "1h" }, terminal) =>
    withCa(terminal, { changes: true, action: "ca token create" }, async ({ tokens }) => {
      const { token, record } = await tokens.create({ certname, ttl: readTtl(ttl)!, by: terminal.by });
      terminal.out(token);
      terminal.err(
        [
          `For one certificate request of ${record.certname}, until ${showTime(record.expires_at)}.`,
          "On the node, before its first run, in csr_attributes.yaml (/etc/puppetlabs/puppet):",
          "  custom_attributes:",
          "    1.2.840.113549.1.9.7: TOKEN   # challengePassword: the line above",
        ].join("\n"),
      );
      return 0;
    }),
});

const list = caCommand({
  summary: "List enrolment tokens",
  usage: ["token list"],
  description: ["Lists the tokens that were made, newest first; the tokens themselves are not known."],
  flags: {},
  run: (_, terminal) =>
    withCa(terminal, {}, async ({ tokens }) => {
      const now = Date.now();
      const rows = (await all(tokens)).map((each) => [
        each.id.slice(0, 16),
        each.certname,
        stateOf(each, now),
        showTime(each.expires_at),
        each.created_by,
      ]);
      const lines = table([["ID", "CERTNAME", "STATE", "EXPIRES", "MADE BY"], ...rows]);
      terminal.out(rows.length === 0 ? "No tokens to list" : lines.join("\n"));
      return 0;
    }),
});

const remove = caCommand({
  summary: "Remove an enrolment token",
  usage: ["token remove ID"],
  description: ["Removes a token, so that nobody can use it any more. ID as `token list` shows it."],
  flags: {},
  operands: ["ID"],
  check: (_, [id = ""]) =>
    /^[0-9a-f]{8,64}$/.test(id) ? [] : [`'${id}' is no ID of a token: see hoppetdb ca token list`],
  run: (_, terminal, [id = ""]) =>
    withCa(terminal, { action: "ca token remove" }, async ({ tokens }) => {
      const [found, another] = (await all(tokens)).filter((each) => each.id.startsWith(id));
      if (!found || another || !await tokens.remove(found.id)) {
        reportErrors(terminal, [another ? `Several tokens begin with ${id}` : `There is no token ${id}`]);
        return 1;
      }
      terminal.out(`Removed the token for ${found.certname}`);
      return 0;
    }),
});

const stateOf = ({ used_by, used_at, expires_at }: EnrolmentToken, now: number): string =>
  used_at !== null ? `used by ${used_by}` : expires_at <= now ? "expired" : "usable";

const all = async (tokens: Pick<Tokens, "list">): Promise<readonly EnrolmentToken[]> => {
  const found: EnrolmentToken[] = [];
  for (const limit = 1000;;) {
    const rows = await tokens.list({ limit, offset: found.length });
    found.push(...rows);
    if (rows.length < limit) return found;
  }
};

const parts: Readonly<Record<string, CaCommand>> = { create, list, remove };

/** `token create`, which `token` alone is, too, `token list`, `token remove`. */
export const token: CaCommand = {
  summary: "Make, list and remove one-time enrolment tokens",
  help: () => Object.values(parts).map((each) => each.help()).join("\n\n"),
  run: async (args, terminal) => {
    const [name = ""] = args;
    if (Object.hasOwn(parts, name)) return await parts[name]!.run(args.slice(1), terminal);
    if (name !== "--help" && name !== "-h") return await create.run(args, terminal);
    terminal.out(token.help());
    return 0;
  },
};
