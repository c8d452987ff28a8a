import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import type { Certificates } from "../../../handlers/core/ca/types.ts";
import { caCommand } from "./command.ts";
import { checkKnownNames, checkTtl, readTtl } from "./names.ts";
import { withCa } from "./open.ts";
import { forEachName, reportErrors, reportRefusal } from "./outcomes.ts";

export const sign = caCommand({
  summary: "Sign certificate request(s)",
  usage: ["sign --certname NAME[,NAME] [--ttl TTL]", "sign --all [--ttl TTL]"],
  description: [
    "Sign the requests of the given names, or all that wait. A request for rights",
    "(pp_auth_role and the like) is signed by its name only. Exit status 1: not all",
    "could be signed; 24: with --all, none waits.",
  ],
  flags: {
    certname: { kind: "names", value: "NAME[,NAME]", help: "The name(s) of the cert(s) to be signed" },
    all: { kind: "switch", help: "Operate on all certnames" },
    ttl: { kind: "text", value: "TTL", help: "The time-to-live for each cert signed: 90d, 12h, 5y, or seconds" },
  },
  check: ({ certname, all, ttl }) => [
    ...(all && certname.length > 0 ? ["--all and --certname cannot be used together"] : []),
    ...(!all && certname.length === 0 ? ["No arguments given"] : []),
    ...checkKnownNames(certname),
    ...checkTtl(ttl),
  ],
  run: ({ certname, all, ttl }, terminal) =>
    withCa(terminal, { changes: true, action: "ca sign" }, async ({ certificates }) => {
      const names = all ? await waiting(certificates) : certname;
      if (names.length === 0) {
        reportErrors(terminal, ["No waiting certificate requests to sign"]);
        return 24;
      }
      const seconds = ttl === undefined ? {} : { ttl: readTtl(ttl)! };
      return await forEachName(names, async (name) => {
        // of --all nobody has looked at each request
        const what = { space: puppetSpace, certname: name, by: terminal.by, authorized: !all, ...seconds };
        await certificates.sign(what);
        terminal.out(`Successfully signed certificate request for ${name}`);
        return "success";
      }, (name, error) => {
        if (error.code === "not_found") reportErrors(terminal, [`Could not find certificate request for ${name}`]);
        else reportRefusal(terminal, `sign certificate request '${name}'`, error);
        return "failed";
      });
    }),
});

const waiting = async (certificates: Pick<Certificates, "stream">): Promise<string[]> => {
  const names: string[] = [];
  for await (const rows of certificates.stream({ space: puppetSpace, status: ["requested"] })) {
    names.push(...rows.map(({ certname }) => certname));
  }
  return names;
};
