import { AppError } from "../../../handlers/errors.ts";
import type { Statements } from "./statements.ts";
import { estate } from "./write-nodes.ts";

/** What people set for a node; the injected facts are encrypted before they come here. */
export type KeptSettings = { readonly disabled: boolean; readonly facts_inject: Uint8Array };

/** The new version. */
export const createNode = (sql: Statements, certname: string, settings: KeptSettings): number => {
  if (sql.one("SELECT 1 FROM nodes WHERE certname = ?", certname)) {
    throw new AppError("conflict", `There is a node "${certname}" already`, { field: "id" });
  }
  sql.insert("nodes", { certname, ...settings, settings_version: 1 });
  sql.changed(estate);
  return 1;
};

/** The new version. */
export const changeNode = (
  sql: Statements,
  certname: string,
  settings: KeptSettings,
  version: number,
  enable: boolean,
): number => {
  const known = sql.one<{ settings_version: number }>(
    "SELECT settings_version FROM nodes WHERE certname = ?",
    certname,
  );
  if (!known) throw new AppError("not_found", `There is no node "${certname}"`);
  if (known.settings_version !== version) {
    throw new AppError("precondition_failed", `The node "${certname}" was changed by someone else`);
  }
  sql.update("nodes", { ...settings, settings_version: version + 1 }, "certname = ?", certname);
  if (enable) sql.update("nodes", { deactivated: null, expired: null }, "certname = ?", certname);
  sql.changed(estate);
  return version + 1;
};
