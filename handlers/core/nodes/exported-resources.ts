import type { RunOptions } from "../../interfaces/estate.ts";
import { placeholder, type Redactor } from "../../interfaces/redactor.ts";
import { Sealed } from "../../interfaces/sealed.ts";
import { after } from "../query/keyset.ts";
import type { Condition, FieldRef, Order, Plan } from "../query/plan.ts";
import { allOf, filterConditions, type NodeFilter } from "./node-filter.ts";
import type { NodesDeps } from "./nodes-deps.ts";
import { redactRow, rowsOf, textOf } from "./redact-row.ts";
import { inScope } from "./scope.ts";
import { type ShownJson, shownValue } from "./shown-json.ts";

export const exportedSorts = ["title", "node_id"] as const;
export type ExportedSort = (typeof exportedSorts)[number];

/**
 * The first two are of the last row of the page before; the third says how many rows before it were equal to it in
 * both.
 */
export type ExportedPlace = readonly [string, string, number];

export type ExportedQuery = {
  /** In any case: `nagios_host` is Puppet's `Nagios_host`. */
  readonly type: string;
  readonly title?: string | undefined;
  /** All of them. */
  readonly tags?: readonly string[] | undefined;
  /** Of the nodes that export them. */
  readonly nodes: NodeFilter;
  readonly sort: ExportedSort;
  readonly direction: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
  /** Takes the place of the offset. */
  readonly after?: ExportedPlace | undefined;
};

/** What other nodes may collect. */
export type ExportedResource = {
  readonly node_id: string;
  readonly type: string;
  readonly title: string;
  readonly exported: true;
  readonly tags: readonly string[];
  readonly parameters: ShownJson;
  readonly file: string | null;
  readonly line: number | null;
};

const title: FieldRef = { field: "title", shown: true };
const tags: FieldRef = { field: "tags", shown: true };
const node: FieldRef = { field: "certname" };
const select: Plan["select"] = [{ as: "certname", ...node }, { as: "title", ...title }, {
  as: "whole",
  field: "whole",
}];

/** A resource type as Puppet writes it: `demo::vhost` is `Demo::Vhost`. */
export const typeName = (type: string): string =>
  type.split("::").map((each) => each.charAt(0).toUpperCase() + each.slice(1).toLowerCase()).join("::");

/** The resources that the nodes which a reader sees export in their present catalogs. */
export const exportedResources = (
  { estate, redactor, scope }: Pick<NodesDeps, "estate" | "redactor" | "scope">,
) => ({
  /**
   * One page, how many there are, and where the next page begins. Title and tags are asked for, sorted and counted as
   * they are shown, secrets replaced, those too that Puppet marked for the node.
   */
  async exportedResources(query: ExportedQuery, options?: RunOptions): Promise<{
    readonly resources: readonly ExportedResource[];
    readonly size: number;
    readonly next: ExportedPlace | undefined;
  }> {
    const found = conditionOf(query, scope);
    const order = orderOf(query);
    const begins = query.after &&
      order.map((each, at): Condition => ({ op: "=", left: refOf(each), right: query.after![at]! }));
    const [rows, size] = await Promise.all([
      rowsOf(estate, {
        entity: "resources",
        select,
        where: begins ? all(found, { op: "or", of: [after(order, query.after!.slice(0, 2)), all(...begins)] }) : found,
        order,
        // one more than asked for tells whether it goes on
        limit: query.limit + 1,
        offset: query.after ? query.after[2] : query.offset,
      }, options),
      estate.count({ entity: "resources", select, where: found }, options),
    ]);
    const page = rows.slice(0, query.limit);
    const names = [...new Set(page.map((row) => String(row["certname"])))];
    const forNode = new Map<string, Redactor>();
    await Promise.all(names.map(async (name) => forNode.set(name, redactor().with(await estate.marks(name)))));
    const places = page.map((row): readonly [string, string] => {
      const certname = String(row["certname"]);
      const named = textOf(redactRow("resources", { title: row["title"]! }, redactor()), "title") ?? "";
      return query.sort === "title" ? [named, certname] : [certname, named];
    });
    return {
      resources: page.map((row) => {
        const certname = String(row["certname"]);
        return resourceOf(certname, row["whole"], forNode.get(certname)!);
      }),
      size,
      next: rows.length > query.limit ? nextOf(places, query.after) : undefined,
    };
  },
});

const all = (...of: readonly Condition[]): Condition => ({ op: "and", of });

const conditionOf = (query: ExportedQuery, scope: Condition | undefined): Condition => {
  const { where: nodes } = allOf([...(scope ? [scope] : []), ...filterConditions(query.nodes)]);
  return all(
    { op: "=", left: { field: "exported" }, right: true },
    { op: "=", left: { field: "type" }, right: typeName(query.type) },
    ...(query.title === undefined ? [] : narrowed("=", title, query.title)),
    ...(query.tags ?? []).flatMap((tag) => narrowed("has", tags, tag)),
    ...(nodes ? [inScope(nodes)] : []),
  );
};

/** What is shown as a text without a placeholder is stored as that text, and found by an index. */
const narrowed = (op: "=" | "has", left: FieldRef, right: string): readonly Condition[] => [
  ...(right.includes(placeholder) ? [] : [{ op, left: { field: left.field }, right } as const]),
  { op, left, right },
];

const orderOf = ({ sort, direction }: ExportedQuery): readonly Order[] => {
  const [first, second] = sort === "title" ? [title, node] : [node, title];
  return [{ ...first, direction }, second];
};

const refOf = ({ direction: _, ...ref }: Order): FieldRef => ref;

/** Titles from which secrets were taken may be equal: those of the last one's that were given are counted. */
const nextOf = (places: readonly (readonly [string, string])[], before: ExportedPlace | undefined): ExportedPlace => {
  const [first, second] = places.at(-1)!;
  const isLast = (place: readonly unknown[]) => place[0] === first && place[1] === second;
  const given = places.filter(isLast).length;
  return [first, second, given + (before && isLast(before) ? before[2] : 0)];
};

const resourceOf = (certname: string, sealed: unknown, forNode: Redactor): ExportedResource => {
  const { value } = forNode.redact(sealed instanceof Sealed ? sealed : new Sealed("[{}]"), "resources");
  const [shown] = value as readonly Readonly<Record<string, unknown>>[];
  const { type, title, tags, parameters, file, line } = shown ?? {};
  return {
    node_id: certname,
    type: String(type),
    title: String(title),
    exported: true,
    tags: Array.isArray(tags) ? tags.map(String) : [],
    parameters: shownValue(parameters ?? {}),
    file: typeof file === "string" ? file : null,
    line: typeof line === "number" ? line : null,
  };
};
