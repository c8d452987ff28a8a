import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CaMode } from "../../ca/mode.ts";
import { openCaForCommand } from "../../ca/command-ca.ts";
import type { Config, Environment } from "../../config.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

const day = 86_400_000;

/** What there is to say of a CA of our own, and what our listeners show by it. */
export type CaLook = {
  readonly mode: CaMode | undefined;
  readonly findings: readonly Finding[];
  /** PEM. */
  readonly shown: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
};

/** Looks at the CA in the store, where there is one. Undefined: no store was made yet. */
export const lookAtCa = async (config: Config, env: Environment, now: number): Promise<CaLook | undefined> => {
  if (config.store.kind === "sqlite" && !existsSync(config.store.path)) return undefined;
  const { ca, close } = await openCaForCommand(env, () => {});
  try {
    const mode = await ca.mode.current();
    if (mode !== "own") {
      return { mode, findings: mode === "proxy" ? [ok("The Puppetserver is the CA")] : [], shown: undefined };
    }
    const findings: Finding[] = [];
    for (const { id, cn, not_after, crl, status } of await ca.authorities.list()) {
      if (status !== "active") continue;
      const left = Math.floor((not_after - now) / day);
      if (left < 0) findings.push(error(`The authority "${cn}" has expired`, "hoppetdb ca rollover"));
      else if (left < 180) {
        findings.push(warning(`The authority "${cn}" expires in ${left} days`, "hoppetdb ca rollover"));
      } else findings.push(ok(`The authority "${cn}" (${id}) is valid for another ${left} days`));
      if (crl && crl.next_update < now) {
        findings.push(
          error(`The CRL of "${cn}" has lapsed`, "Let a process with the part worker run: it makes a new one"),
        );
      }
    }
    const autosign = (await ca.spaces.get("puppet-ca"))?.policy.autosign ?? config.CA_AUTOSIGN;
    if (autosign === "all") {
      findings.push(
        warning(
          "Whoever reaches port 8001 gets a certificate for any free name (autosign is all)",
          "Set HOPPETDB_CA_AUTOSIGN to globs, or use one-time tokens: hoppetdb ca token",
        ),
      );
    }
    const waiting = await ca.certificates.count({ space: "puppet-ca", status: ["requested"] });
    if (waiting > 0) findings.push(warning(`${waiting} requests wait to be signed`, "hoppetdb ca list"));
    const file = (name: string) => readFileSync(join(config.DATA_DIR, name), "utf8");
    const there = existsSync(join(config.DATA_DIR, "listener-cert.pem"));
    const cert = config.TLS_CERT
      ? readFileSync(config.TLS_CERT, "utf8")
      : there
      ? file("listener-cert.pem")
      : undefined;
    const key = config.TLS_KEY ? readFileSync(config.TLS_KEY, "utf8") : there ? file("listener-key.pem") : undefined;
    const shown = cert && key ? { cert, key, ca: await ca.spaces.bundle("puppet-ca") } : undefined;
    return { mode, findings, shown };
  } finally {
    await close();
  }
};
