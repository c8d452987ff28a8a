import type { WholeCatalog } from "../../interfaces/command.ts";
import type { Estate } from "../../interfaces/estate.ts";
import type { Log } from "../../interfaces/log.ts";
import type { PassedCatalog } from "./whole-catalog.ts";

/**
 * Stores the catalogs that passed port 8001, after the agents have them. `keep` returns at once; what fails is logged and
 * loses the copy, never the agent's run. At most `limit` bytes wait.
 */
export const createCatalogIntake = (deps: {
  readonly read: (seen: PassedCatalog) => Promise<WholeCatalog>;
  readonly estate: Pick<Estate, "storeCatalog">;
  readonly log: Log;
  readonly limit: number;
}) => {
  let waiting = 0;
  const running = new Set<Promise<void>>();
  const store = async (seen: PassedCatalog): Promise<void> => {
    const { certname } = seen;
    try {
      const catalog = await deps.read(seen);
      await deps.estate.storeCatalog(catalog);
      deps.log.debug("Catalog stored", { certname, catalog_uuid: catalog.catalog_uuid });
    } catch (error) {
      deps.log.warn("Catalog is not stored", { certname, error });
    }
  };
  return {
    keep: (seen: PassedCatalog): void => {
      const size = seen.bytes.length;
      if (waiting + size > deps.limit) {
        deps.log.warn("Catalog is not stored", { certname: seen.certname, reason: "too many at once" });
        return;
      }
      waiting += size;
      const done: Promise<void> = store(seen).finally(() => {
        waiting -= size;
        running.delete(done);
      });
      running.add(done);
    },
    /** Resolves when all that was taken is stored. */
    settled: async (): Promise<void> => void await Promise.all(running),
  };
};
