import { type KeyKind, keyKinds } from "../../../handlers/interfaces/signer.ts";
import { caCommand } from "./command.ts";
import { withCa } from "./open.ts";

export const csr = caCommand({
  summary: "Make an authority that an external root is to sign",
  usage: ["csr --id ID --cn CN [--key KIND]"],
  description: [
    "Makes the key of a new authority, keeps it in the store, and prints its CSR, PEM,",
    "for an external root. What that makes of it is taken by `hoppetdb ca install`.",
    "For one that still waits, the CSR is printed again.",
  ],
  flags: {
    id: { kind: "text", value: "ID", help: "What the authority is called here: letters, digits, _ and -" },
    cn: { kind: "text", value: "CN", help: "Its common name, for instance 'Example Puppet CA'" },
    key: { kind: "text", value: "KIND", help: `${keyKinds.join(", ")}; rsa-4096 by default` },
  },
  check: ({ id, key, cn }) => [
    ...(id === undefined ? ["--id is required"] : []),
    ...(cn !== undefined && !/^[^\p{C}]{1,64}$/u.test(cn) ? ["--cn has to be of 1 to 64 printable characters"] : []),
    ...(key === undefined || (keyKinds as readonly string[]).includes(key)
      ? []
      : [`'${key}' is no kind of key, expected one of ${keyKinds.join(", ")}`]),
  ],
  run: ({ id = "", cn, key }, terminal) =>
    withCa(terminal, { needs: "nothing" }, async ({ authorities }) => {
      const there = await authorities.get(id);
      if (there?.status === "pending" && (cn === undefined || cn === there.cn)) {
        terminal.err(`Authority "${id}" waits for its certificate; this is its CSR`);
        terminal.out(there.request!);
        return 0;
      }
      if (cn === undefined) throw new Error(`--cn is required: authority "${id}" ${there ? "is there" : "is new"}`);
      const made = await authorities.request({
        id,
        cn,
        by: terminal.by,
        ...(key === undefined ? {} : { key: key as KeyKind }),
      });
      terminal.out(made.request!);
      terminal.err(
        `Let the root sign it as a CA (pathlen 0), then: hoppetdb ca install --id ${id} --certificate FILE --chain FILE --crl FILE`,
      );
      return 0;
    }),
});
