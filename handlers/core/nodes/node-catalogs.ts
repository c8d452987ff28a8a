import { membersOf } from "../json/members.ts";
import type { RunOptions } from "../../interfaces/estate.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import type { Condition } from "../query/plan.ts";
import { type ShownJson, shownText, shownValue } from "./shown-json.ts";
import { type CatalogCounts, catalogCounts } from "./node-summary.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { flagOf, jsonOf, redactRow, rowsOf, type ShownRow, textOf } from "./redact-row.ts";
import { ofNode } from "./scope.ts";

/** One stored catalog of a node's history. */
export type CatalogSummary = {
  readonly id: string;
  readonly node_id: string;
  /** When it was compiled, ISO, UTC. */
  readonly created: string | null;
  /** Whether it is the node's present one. */
  readonly current: boolean;
  readonly environment: string | null;
  readonly version: string | null;
  readonly code_id: string | null;
  readonly transaction_uuid: string | null;
  readonly producer: string | null;
  readonly catalog: CatalogCounts;
};

/**
 * `agent`: the whole catalog as the agent got it. `puppetdb`: what the Puppetserver sent to PuppetDB, which lacks the
 * parameters that are Sensitive.
 */
export type CatalogSource = "agent" | "puppetdb";

export type NodeCatalog = Omit<CatalogSummary, "catalog"> & {
  readonly source: CatalogSource;
  readonly catalog: CatalogCounts & {
    /** `[{type, title, parameters, tags, file, line, exported, …}]` */
    readonly resources: ShownJson;
    /** Those that other nodes may collect; an agent doesn't get them. */
    readonly resources_exported: ShownJson;
    /** PuppetDB's `{source_type, …}` or, of source `agent`, Puppet's `{source, target}`. */
    readonly edges: ShownJson;
  };
};

export type CatalogPage = {
  readonly sort?: "id" | "created" | undefined;
  readonly direction: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
};

const light = [
  "id",
  "certname",
  "producer_timestamp",
  "current",
  "environment",
  "version",
  "code_id",
  "transaction_uuid",
  "producer",
  "catalog_uuid",
  "num_resources",
  "num_resources_exported",
].map((field) => ({ as: field, field }));

const heavy = ["hash", "resources", "edges"].map((field) => ({ as: field, field }));

type Passed = { readonly resources: ShownJson; readonly edges: ShownJson };

export const nodeCatalogs = ({ estate, redactor, scope }: NodesDeps) => {
  const of = (certname: string): Condition => ofNode(certname, scope);

  const whole = async (
    certname: string,
    uuid: string | null | undefined,
    forNode: Redactor,
  ): Promise<Passed | undefined> => {
    if (uuid === null) return undefined;
    const sealed = await estate.wholeCatalog(certname, uuid);
    if (!sealed) return undefined;
    // Without an uuid it is whatever came last, so nothing that a key could stand for.
    const key = uuid === undefined ? undefined : `catalog:${certname} ${uuid}`;
    const members = membersOf(forNode.redact(sealed, "catalog", key).text);
    if (!members) return undefined;
    return { resources: shownText(members.get("resources") ?? "[]"), edges: shownText(members.get("edges") ?? "[]") };
  };

  const one = async (certname: string, where: Condition, options?: RunOptions): Promise<NodeCatalog | undefined> => {
    const plan = {
      entity: "catalogs",
      select: heavy,
      where: { op: "and", of: [of(certname), where] },
      limit: 1,
    } as const;
    const [[row], marks] = await Promise.all([
      rowsOf(estate, { ...plan, select: light }, options),
      estate.marks(certname),
    ]);
    if (!row) return undefined;
    const forNode = redactor().with(marks);
    const shown = redactRow("catalogs", row, forNode);
    const counts = catalogCounts(shown);
    const passed = await whole(certname, textOf(shown, "catalog_uuid"), forNode);
    // what PuppetDB has of it is large, and only needed for what the agent doesn't get
    const [told] = passed && counts.num_resources_exported === 0 ? [] : await rowsOf(estate, plan, options);
    const stored = told && redactRow("catalogs", told, forNode, `${certname} ${told["hash"]}`);
    const resources = (stored && jsonOf(stored, "resources")) ?? shownText("[]");
    return {
      ...summary(shown),
      source: passed ? "agent" : "puppetdb",
      catalog: {
        ...counts,
        resources: passed?.resources ?? resources,
        resources_exported: exported(resources),
        edges: passed?.edges ?? (stored && jsonOf(stored, "edges")) ?? shownText("[]"),
      },
    };
  };

  return {
    /** The current catalog of a node, redacted: the whole one where it passed port 8001. Undefined: it has none. */
    async catalog(certname: string, options?: RunOptions): Promise<NodeCatalog | undefined> {
      const current = await one(certname, { op: "=", left: { field: "current" }, right: true }, options);
      if (current) return current;
      if (scope && await estate.count({ entity: "nodes", select: [], where: of(certname) }, options) === 0) {
        return undefined;
      }
      const forNode = redactor().with(await estate.marks(certname));
      const passed = await whole(certname, undefined, forNode);
      return passed && onlyPassed(certname, passed);
    },

    /** One catalog of a node's history by its id. */
    catalogById: (certname: string, id: string, options?: RunOptions): Promise<NodeCatalog | undefined> =>
      one(certname, { op: "=", left: { field: "id" }, right: id }, options),

    /** The catalogs of a node that are kept, and how many there are. */
    async catalogs(certname: string, page: CatalogPage, options?: RunOptions) {
      const [rows, size, marks] = await Promise.all([
        rowsOf(estate, {
          entity: "catalogs",
          select: light,
          where: of(certname),
          order: [
            { field: page.sort === "id" ? "id" : "producer_timestamp", direction: page.direction },
            { field: "id", direction: page.direction },
          ],
          limit: page.limit,
          offset: page.offset,
        }, options),
        estate.count({ entity: "catalogs", select: light, where: of(certname) }, options),
        estate.marks(certname),
      ]);
      const forNode = redactor().with(marks);
      return { catalogs: rows.map((row) => summary(redactRow("catalogs", row, forNode))), size };
    },
  };
};

const summary = (row: ShownRow): CatalogSummary => ({
  id: textOf(row, "id") ?? "",
  node_id: textOf(row, "certname") ?? "",
  created: textOf(row, "producer_timestamp"),
  current: flagOf(row, "current") ?? false,
  environment: textOf(row, "environment"),
  version: textOf(row, "version"),
  code_id: textOf(row, "code_id"),
  transaction_uuid: textOf(row, "transaction_uuid"),
  producer: textOf(row, "producer"),
  catalog: catalogCounts(row),
});

/** A catalog that passed port 8001 while nothing came to port 8002. */
const onlyPassed = (certname: string, passed: Passed): NodeCatalog => ({
  id: "",
  node_id: certname,
  created: null,
  current: true,
  environment: null,
  version: null,
  code_id: null,
  transaction_uuid: null,
  producer: null,
  source: "agent",
  catalog: {
    catalog_uuid: null,
    num_resources: Array.isArray(passed.resources.value) ? passed.resources.value.length : 0,
    num_resources_exported: 0,
    ...passed,
    resources_exported: shownText("[]"),
  },
});

const exported = (resources: ShownJson): ShownJson => {
  if (!/"exported"\s*:\s*true/.test(resources.text) || !Array.isArray(resources.value)) return shownText("[]");
  return shownValue(resources.value.filter((each) => (each as { exported?: unknown } | null)?.exported === true));
};
