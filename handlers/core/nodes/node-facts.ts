import type { RunOptions } from "../../interfaces/estate.ts";
import { type ShownJson, shownText } from "./shown-json.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { jsonOf, redactRow, rowsOf, textOf } from "./redact-row.ts";
import { ofNode } from "./scope.ts";

/** What a node last told about itself. */
export type NodeFacts = {
  /** The node's. */
  readonly id: string;
  readonly environment: string | null;
  /** When they were taken, ISO, UTC. */
  readonly change_facts: string | null;
  readonly producer_timestamp: string | null;
  readonly producer: string | null;
  /** An object: fact name to value. */
  readonly facts: ShownJson;
  /** `[[name, version, provider], …]` or null. */
  readonly package_inventory: ShownJson | null;
};

export const nodeFacts = ({ estate, redactor, scope }: NodesDeps) => ({
  /** A node's facts, redacted; undefined when it has none. */
  async facts(certname: string, options?: RunOptions): Promise<NodeFacts | undefined> {
    const [row] = await rowsOf(estate, {
      entity: "factsets",
      select: [],
      where: ofNode(certname, scope),
      limit: 1,
    }, options);
    if (!row) return undefined;
    const forNode = redactor().with(await estate.marks(certname));
    // A node's name is part of the key: equal facts of two nodes are redacted by different marks.
    const shown = redactRow("factsets", row, forNode, `${certname} ${row["hash"]}`);
    return {
      id: certname,
      environment: textOf(shown, "environment"),
      change_facts: textOf(shown, "timestamp"),
      producer_timestamp: textOf(shown, "producer_timestamp"),
      producer: textOf(shown, "producer"),
      facts: jsonOf(shown, "facts") ?? shownText("{}"),
      package_inventory: jsonOf(shown, "package_inventory"),
    };
  },
});
