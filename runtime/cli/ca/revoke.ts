import { type RevocationReason, revocationReasons } from "../../../handlers/core/ca/records.ts";
import { AppError } from "../../../handlers/errors.ts";
import type { CommandCa } from "../../ca/command-ca.ts";
import { caCommand } from "./command.ts";
import { findName } from "./find-name.ts";
import { checkKnownNames } from "./names.ts";
import { withCa } from "./open.ts";
import { exitStatus, forEachName, type Outcome, reportErrors, reportRefusal } from "./outcomes.ts";
import type { Terminal } from "./terminal.ts";

const reasons = Object.keys(revocationReasons);

export const revoke = caCommand({
  summary: "Revoke certificate(s)",
  usage: [
    "revoke --certname NAME[,NAME] [--reason REASON] [--force]",
    "revoke --serial SERIAL [--authority ID] [--reason REASON] [--force]",
  ],
  description: [
    "Revoke every live certificate of the given names, or one by its serial number.",
    "It counts within a second, in every process on the store, open connections",
    "included. Exit status 1: a name has no certificate, or it was refused; 24: a name",
    "has only a request.",
  ],
  flags: {
    certname: { kind: "names", value: "NAME[,NAME]", help: "One or more comma separated certnames" },
    serial: { kind: "text", value: "SERIAL", help: "A serial number, hexadecimal, as openssl shows it" },
    authority: { kind: "text", value: "ID", help: "Whose serial it is, where several have one such" },
    reason: { kind: "text", value: "REASON", help: `One of ${reasons.join(", ")}` },
    force: { kind: "switch", help: "Also one that hoppetdb's own listeners use" },
  },
  check: ({ certname, serial, authority, reason }) => [
    ...(certname.length === 0 && serial === undefined ? ["At least one certname is required to revoke"] : []),
    ...(certname.length > 0 && serial !== undefined ? ["--certname and --serial cannot be used together"] : []),
    ...(authority !== undefined && serial === undefined ? ["--authority goes with --serial"] : []),
    ...(serial === undefined || /^(0x)?[0-9a-f]+(:[0-9a-f]+)*$/i.test(serial)
      ? []
      : [`'${serial}' is no serial number, expected hexadecimal digits such as 0x1F or 3a:b2:04`]),
    ...(reason === undefined || reasons.includes(reason)
      ? []
      : [`'${reason}' is no reason, expected one of ${reasons.join(", ")}`]),
    ...checkKnownNames(certname),
  ],
  run: ({ certname, serial, authority, reason, force }, terminal) =>
    withCa(terminal, { changes: true, action: "ca revoke" }, async (ca) => {
      const how: How = { by: terminal.by, force, ...(reason ? { reason: reason as RevocationReason } : {}) };
      return serial === undefined
        ? await byName(ca, certname, how, terminal)
        : await bySerial(ca, { serial, ...(authority === undefined ? {} : { authority }) }, how, terminal);
    }),
});

type How = { readonly by: Terminal["by"]; readonly force: boolean; readonly reason?: RevocationReason };

const byName = ({ certificates }: CommandCa, names: readonly string[], how: How, terminal: Terminal) =>
  forEachName(names, async (certname): Promise<Outcome> => {
    const { space, status } = await findName(certificates, certname);
    if (status === "requested") {
      reportErrors(terminal, [`Could not revoke unsigned csr for ${certname}`]);
      return "invalid";
    }
    await certificates.revoke({ space, certname, ...how });
    terminal.out(`Certificate for ${certname} has been revoked`);
    return "success";
  }, (name, error) => {
    if (error.code === "not_found") reportErrors(terminal, [`Could not find certificate for ${name}`]);
    else reportRefusal(terminal, `revoke certificate '${name}'`, error);
    return "failed";
  });

const bySerial = async (
  { certificates }: CommandCa,
  which: { readonly serial: string; readonly authority?: string },
  how: How,
  terminal: Terminal,
): Promise<number> => {
  try {
    const count = await certificates.revokeSerial({ ...which, ...how });
    terminal.out(`Certificate with serial ${which.serial} ${count === 0 ? "was revoked before" : "has been revoked"}`);
    return exitStatus(["success"]);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === "not_found") {
      reportErrors(terminal, [`Could not find a certificate with serial ${which.serial}`]);
    } else reportRefusal(terminal, `revoke the certificate with serial ${which.serial}`, error);
    return exitStatus(["failed"]);
  }
};
