import type { RunOptions } from "../../interfaces/estate.ts";
import { type CatalogSource, type CatalogSummary, type NodeCatalog, nodeCatalogs } from "./node-catalogs.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { jsonOf, redactRow, rowsOf } from "./redact-row.ts";
import { ofNode } from "./scope.ts";
import { type Difference, differenceOf, pairUp, sameJson } from "./same-json.ts";

export type CatalogEnd = Omit<CatalogSummary, "node_id">;
export type ResourceName = { readonly type: string; readonly title: string };

export type ChangedResource = ResourceName & {
  /** Only where it changed. */
  readonly exported?: Difference;
  readonly tags?: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** By name; a parameter that was or is not there has no `from` or no `to`. */
  readonly parameters: Readonly<Record<string, Difference>>;
};

/** What became of a node's catalog `a` in `b`, as it is shown. Lists are sorted by type and title. */
export type CatalogDiff = {
  readonly a: CatalogEnd;
  readonly b: CatalogEnd;
  /**
   * What was compared: both whole catalogs as the agent got them, or, where one of them is not known, what PuppetDB was
   * told of both, in which parameters that are Sensitive are missing.
   */
  readonly source: CatalogSource;
  readonly added: readonly ResourceName[];
  readonly removed: readonly ResourceName[];
  readonly changed: readonly ChangedResource[];
  /** How many. */
  readonly edges: { readonly added: number; readonly removed: number };
};

/** Differences between the catalogs of a node's history. */
export const catalogDiffs = (deps: NodesDeps) => {
  const { estate, redactor, scope } = deps;
  const { catalogById } = nodeCatalogs(deps);

  /** What PuppetDB was told of a catalog that is known whole. */
  const told = async (certname: string, found: NodeCatalog, options?: RunOptions): Promise<Compared> => {
    if (found.source === "puppetdb") return found.catalog;
    const named = { op: "=", left: { field: "id" }, right: found.id } as const;
    const [[row], marks] = await Promise.all([
      rowsOf(estate, {
        entity: "catalogs",
        select: ["resources", "edges"].map((field) => ({ as: field, field })),
        where: { op: "and", of: [ofNode(certname, scope), named] },
      }, options),
      estate.marks(certname),
    ]);
    const shown = redactRow("catalogs", row ?? {}, redactor().with(marks));
    return { resources: jsonOf(shown, "resources"), edges: jsonOf(shown, "edges") };
  };

  return {
    /** Undefined, or the id of the one that there is none of. */
    async catalogDiff(certname: string, a: string, b: string, options?: RunOptions): Promise<CatalogDiff | string> {
      const [before, after] = await Promise.all([a, b].map((id) => catalogById(certname, id, options)));
      if (!before) return a;
      if (!after) return b;
      const same = before.source === after.source;
      const [from, to] = same
        ? [before.catalog, after.catalog]
        : await Promise.all([before, after].map((each) => told(certname, each, options)));
      return {
        a: endOf(before),
        b: endOf(after),
        source: same ? before.source : "puppetdb",
        ...compareCatalogs(from!, to!),
      };
    },
  };
};

type Compared = {
  readonly resources: { readonly value: unknown } | null;
  readonly edges: { readonly value: unknown } | null;
};

/** Each resource and edge is looked at a few times, however many there are. */
export const compareCatalogs = (
  a: Compared,
  b: Compared,
): Pick<CatalogDiff, "added" | "removed" | "changed" | "edges"> => {
  const added: ResourceName[] = [];
  const removed: ResourceName[] = [];
  const changed: ChangedResource[] = [];
  for (const [before, after] of pairUp(listOf(a.resources), listOf(b.resources), keyOf, contentOf)) {
    if (!before) added.push(nameOf(after!));
    else if (!after) removed.push(nameOf(before));
    else {
      const change = changeOf(before, after);
      if (change) changed.push({ ...nameOf(before), ...change });
    }
  }
  const edges = { added: 0, removed: 0 };
  for (const [before, after] of pairUp(listOf(a.edges), listOf(b.edges), (edge) => JSON.stringify(edge))) {
    if (!before) edges.added++;
    else if (!after) edges.removed++;
  }
  for (const list of [added, removed, changed]) list.sort(byName);
  return { added, removed, changed, edges };
};

type Resource = Readonly<Record<string, unknown>>;

/** File and line say where a resource is declared, not what it is. */
const changeOf = (a: Resource, b: Resource): Omit<ChangedResource, keyof ResourceName> | undefined => {
  const exported = differenceOf(a["exported"] ?? false, b["exported"] ?? false);
  const tags = tagsOf(a["tags"], b["tags"]);
  const parameters: [string, Difference][] = [];
  const [from, to] = [membersOf(a["parameters"]), membersOf(b["parameters"])];
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [was, is] = [from, to].map((each) => Object.hasOwn(each, name) ? each[name] : undefined);
    const difference = differenceOf(was, is);
    if (difference) parameters.push([name, difference]);
  }
  if (!exported && !tags && parameters.length === 0) return undefined;
  parameters.sort(([one], [other]) => one < other ? -1 : 1);
  return { ...(exported && { exported }), ...(tags && { tags }), parameters: Object.fromEntries(parameters) };
};

const tagsOf = (a: unknown, b: unknown): ChangedResource["tags"] | undefined => {
  if (sameJson(a ?? [], b ?? [])) return undefined;
  const [before, after] = [a, b].map((tags) => new Set(Array.isArray(tags) ? tags.map(String) : []));
  const added = [...after!.difference(before!)].sort();
  const removed = [...before!.difference(after!)].sort();
  return added.length + removed.length === 0 ? undefined : { added, removed };
};

const listOf = (shown: Compared["resources"]): readonly Resource[] =>
  Array.isArray(shown?.value) ? shown.value.filter((each) => typeof each === "object" && each !== null) : [];

const membersOf = (value: unknown): Resource => typeof value === "object" && value !== null ? value as Resource : {};

const nameOf = ({ type, title }: Resource): ResourceName => ({ type: String(type), title: String(title) });
const keyOf = (resource: Resource): string => `${resource["type"]}[${resource["title"]}]`;

const contentOf = ({ exported, tags, parameters }: Resource): unknown => [exported, tags, parameters];

const byName = (one: ResourceName, other: ResourceName): number => {
  if (one.type !== other.type) return one.type < other.type ? -1 : 1;
  return one.title === other.title ? 0 : one.title < other.title ? -1 : 1;
};

const endOf = (
  { id, created, current, environment, version, code_id, transaction_uuid, producer, catalog }: NodeCatalog,
): CatalogEnd => {
  const { catalog_uuid, num_resources, num_resources_exported } = catalog;
  const counts = { catalog_uuid, num_resources, num_resources_exported };
  return { id, created, current, environment, version, code_id, transaction_uuid, producer, catalog: counts };
};
