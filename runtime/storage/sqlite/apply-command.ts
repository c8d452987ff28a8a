import type { CatalogResource, Command, StoreReport } from "../../../handlers/interfaces/command.ts";
import type { Outcome } from "../../../handlers/interfaces/estate.ts";
import type { createMarkedFacts } from "./marked-facts.ts";
import type { Threads } from "./threads.ts";

type MarkedFacts = ReturnType<typeof createMarkedFacts>;

const ms = (timestamp: string): number => Date.parse(timestamp);

/** Has the writer store a command, with its times as numbers. */
export const applyCommand = async (
  write: Threads["write"],
  marked: Pick<MarkedFacts, "withShown" | "withShownResources">,
  command: Command,
  receivedAt: number,
): Promise<Outcome> => {
  const { certname } = command;
  const at = ms(command.producer_timestamp);
  switch (command.command) {
    case "replace facts": {
      const { command: _, ...facts } = command;
      const size = facts.values.length + (facts.package_inventory?.length ?? 0);
      return await marked.withShown(certname, facts.values, async (shown) => {
        const kept = { ...facts, ...shown, producer_timestamp: at, timestamp: receivedAt };
        return await write("applyFacts", [kept], size + (shown.shown?.length ?? 0));
      });
    }
    case "replace catalog": {
      const { command: _, ...catalog } = command;
      const size = sizeOf(catalog.resources) + catalog.edges.length * 100;
      return await marked.withShownResources(certname, catalog.resources, async (shown) => {
        const kept = { ...catalog, ...shown, producer_timestamp: at, timestamp: receivedAt };
        return await write("applyCatalog", [kept], size);
      });
    }
    case "store report":
      return await applyReport(write, command, receivedAt);
    case "deactivate node":
      return await write("deactivate", [certname, at]);
    case "configure expiration":
      return await write("configureExpiration", [certname, at, command.expire_facts]);
    case "replace catalog inputs": {
      const { catalog_uuid, inputs } = command;
      return await write("applyInputs", [certname, at, catalog_uuid, inputs], inputs.length);
    }
    default:
      return command satisfies never;
  }
};

const applyReport = async (write: Threads["write"], report: StoreReport, receivedAt: number): Promise<Outcome> => {
  const { command: _, ...rest } = report;
  const kept = {
    ...rest,
    producer_timestamp: ms(rest.producer_timestamp),
    start_time: ms(rest.start_time),
    end_time: ms(rest.end_time),
    receive_time: receivedAt,
  };
  return await write("applyReport", [kept], rest.metrics.length + rest.logs.length + rest.resources.length + 1000);
};

const sizeOf = (resources: readonly CatalogResource[]): number =>
  resources.reduce((sum, each) => sum + each.parameters.length + each.title.length + 200, 0);
