import { AppError } from "../../handlers/errors.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Document, Documents } from "../../handlers/interfaces/documents.ts";
import type { Config } from "../config.ts";

/** Whose CA it is: hoppetdb's own, or that of the Puppetserver behind. */
export type CaMode = "own" | "proxy";
type ModeDocument = Document & { readonly mode: CaMode; readonly set_at: number };

const id = "ca_mode";

/** The mode that the store has, and how it is changed. */
export const createMode = ({ documents, clock }: { readonly documents: Documents; readonly clock: Clock }) => {
  const stored = () => documents.get<ModeDocument>("settings", id);
  return {
    current: async (): Promise<CaMode | undefined> => (await stored())?.mode,
    /** Two at once agree: the second one's word replaces the first one's only where it was known to. */
    set: async (mode: CaMode): Promise<void> => {
      const before = await stored();
      const document: ModeDocument = { id, mode, set_at: clock.now() };
      if (before) await documents.replace<ModeDocument>("settings", document, before.version);
      else await documents.insert<ModeDocument>("settings", document);
    },
  };
};

const choices = [
  "HOPPETDB_CA=own    hoppetdb is the CA: it answers /puppet-ca/v1 with keys of its own. To go on with the keys and the",
  "                   agents of a Puppetserver's CA, import that first: hoppetdb ca import DIR",
  "HOPPETDB_CA=proxy  the CA stays where it is: /puppet-ca/v1 goes to the Puppetserver (HOPPETDB_PUPPETSERVER_URL)",
].join("\n  ");

/**
 * The mode to start in: the one that the store has; in a store that has none, the configured one. A new store without a
 * Puppetserver behind is a CA of its own without a question. Throws an Error that explains the choices where it is not
 * plain what is wanted: who signs the agents' certificates must not change because a variable was forgotten.
 */
export const resolveMode = async (
  deps: { readonly documents: Documents; readonly clock: Clock },
  config: Pick<Config, "CA" | "PUPPETSERVER_URL" | "TLS_CA">,
): Promise<CaMode> => {
  const mode = createMode(deps);
  const known = await mode.current();
  if (known !== undefined) {
    if (config.CA === undefined || config.CA === known) return known;
    throw new Error(
      `HOPPETDB_CA is "${config.CA}", but this store's CA is "${known}". To change it: hoppetdb ca switch ${config.CA}`,
    );
  }
  const isNew = await deps.documents.count("users") === 0;
  const wanted = config.CA ??
    (isNew && config.PUPPETSERVER_URL === undefined && config.TLS_CA === undefined ? "own" : undefined);
  if (wanted === undefined) {
    const why = isNew
      ? "a Puppetserver is set, which has a CA of its own"
      : "this store was made without one being chosen";
    throw new Error(`Set HOPPETDB_CA: who signs the agents' certificates cannot be guessed, for ${why}\n  ${choices}`);
  }
  try {
    await mode.set(wanted);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "conflict") throw error;
    return await resolveMode(deps, config);
  }
  return wanted;
};
