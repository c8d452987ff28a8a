import { caCommand } from "./command.ts";
import { findName } from "./find-name.ts";
import { checkKnownNames } from "./names.ts";
import { withCa } from "./open.ts";
import { forEachName, reportErrors, reportRefusal } from "./outcomes.ts";

export const clean = caCommand({
  summary: "Revoke cert(s) and free their names",
  usage: ["clean --certname NAME[,NAME] [--force]"],
  description: [
    "Revoke every live certificate of the given names, drop their requests, and free",
    "the names for new ones. The records stay. Exit status 1: a name is not known, or",
    "it was refused; 24: a name had only a request.",
  ],
  flags: {
    certname: { kind: "names", value: "NAME[,NAME]", help: "One or more comma separated certnames" },
    force: { kind: "switch", help: "Also one that hoppetdb's own listeners use" },
  },
  check: ({ certname }) => [
    ...(certname.length === 0 ? ["At least one certname is required to clean"] : []),
    ...checkKnownNames(certname),
  ],
  run: ({ certname, force }, terminal) =>
    withCa(
      terminal,
      { changes: true, action: "ca clean" },
      ({ certificates }) =>
        forEachName(certname, async (each) => {
          const { space, status } = await findName(certificates, each);
          await certificates.clean({ space, certname: each, by: terminal.by, force });
          if (status !== "requested") terminal.out(`Certificate for ${each} has been revoked`);
          terminal.out(`Cleaned files related to ${each}`);
          return status === "requested" ? "invalid" : "success";
        }, (name, error) => {
          if (error.code === "not_found") reportErrors(terminal, [`Could not find files to clean for ${name}`]);
          else reportRefusal(terminal, `clean certificate '${name}'`, error);
          return "failed";
        }),
    ),
});
