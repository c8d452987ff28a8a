import { entities, type EntityField, type EntityName } from "../../../handlers/core/query/entities.ts";
import type { FieldRef } from "../../../handlers/core/query/plan.ts";
import { type Column, jsonColumn, jsonPath, shownColumn } from "./columns.ts";
import type { Params } from "./params.ts";

/** `{x}` in a text stands for the alias of table x, which differs from query to query. */
type Table = {
  /** The tables to be joined, first the one that has the rows. Others are left out where nothing names them. */
  readonly from: readonly (readonly [alias: string, join: string])[];
  /** A table that is always part of it, e.g. since each of its rows is a row. */
  readonly always?: readonly string[];
  /** A column with a number in each table that may be walked through: `tick()` looks at the clock at every so many. */
  readonly walked: readonly string[];
  /** Fields that are not plain columns of the first table. */
  readonly columns: Readonly<Record<string, string>>;
  /** Texts and lists of texts as people see them. */
  readonly shown?: Readonly<Record<string, string>>;
};

const node = ["n", "JOIN nodes {n} ON {n}.id"] as const;
/** The facts of a node's row, for whichever source has joined it. */
const ownFacts = ["o", "LEFT JOIN fact_values {o} ON {o}.node = {n}.id"] as const;
/** Null wherever one of two is null, as SQLite's max() has it, must not hide the other. */
const latest = (...times: string[]) => `nullif(max(${times.map((each) => `coalesce(${each}, 0)`).join(", ")}), 0)`;

const tables: Readonly<Record<EntityName, Table>> = {
  nodes: {
    from: [["n", "nodes {n}"], ownFacts],
    walked: ["{n}.id"],
    columns: {
      active: "({n}.deactivated IS NULL AND {n}.expired IS NULL)",
      enabled: "({n}.deactivated IS NULL AND {n}.expired IS NULL AND {n}.disabled = 0)",
      environment: "coalesce({n}.report_environment, {n}.catalog_environment, {n}.facts_environment)",
      changed_at: latest("{n}.catalog_timestamp", "{n}.facts_timestamp", "{n}.report_timestamp"),
      facts: "coalesce({o}.shown, {o}.facts)",
    },
  },
  factsets: {
    from: [["f", "factsets {f}"], ["v", "JOIN fact_values {v} ON {v}.node = {f}.node"], [
      node[0],
      `${node[1]} = {f}.node`,
    ], ownFacts],
    walked: ["{f}.node"],
    columns: { certname: "{n}.certname", facts: "{v}.facts", package_inventory: "{v}.package_inventory" },
  },
  facts: {
    from: [
      ["f", "factsets {f}"],
      ["v", "JOIN fact_values {v} ON {v}.node = {f}.node"],
      ["j", "JOIN json_each({v}.facts) {j}"],
      [node[0], `${node[1]} = {f}.node`],
      ownFacts,
    ],
    always: ["v", "j"],
    walked: ["{f}.node", "{j}.id"],
    columns: { certname: "{n}.certname", name: "{j}.key" },
  },
  catalogs: {
    from: [
      ["c", "catalogs {c}"],
      [node[0], `${node[1]} = {c}.node`],
      ownFacts,
      ["w", "LEFT JOIN catalog_contents {w} ON {w}.hash = {c}.hash"],
    ],
    walked: ["{c}.id"],
    columns: { id: "{c}.id", certname: "{n}.certname", resources: "{w}.resources", edges: "{w}.edges" },
  },
  resources: {
    from: [
      ["l", "resources {l}"],
      ["c", "JOIN resource_contents {c} ON {c}.id = {l}.content"],
      [node[0], `${node[1]} = {l}.node`],
      ownFacts,
      ["s", "LEFT JOIN shown_resources {s} ON {s}.node = {l}.node AND {s}.content = {l}.content"],
    ],
    walked: ["{l}.content", "{c}.id"],
    columns: {
      certname: "{n}.certname",
      environment: "{n}.catalog_environment",
      ...Object.fromEntries(
        ["resource", "type", "title", "tags", "exported", "file", "line", "parameters"].map((
          name,
        ) => [name, `{c}.${name}`]),
      ),
      whole: `json_array(json_object('type', {c}.type, 'title', {c}.title, 'tags', json({c}.tags),
        'exported', json(iif({c}.exported, 'true', 'false')), 'file', {c}.file, 'line', {c}.line,
        'parameters', json({c}.parameters)))`,
    },
    shown: {
      title: "shown_text(coalesce({s}.title, {c}.title))",
      tags: "shown_texts(coalesce({s}.tags, {c}.tags))",
    },
  },
  reports: {
    from: [
      ["r", "reports {r}"],
      [node[0], `${node[1]} = {r}.node`],
      ownFacts,
      ["w", "LEFT JOIN report_contents {w} ON {w}.report = {r}.id"],
    ],
    walked: ["{r}.id"],
    columns: {
      certname: "{n}.certname",
      latest_report: "({r}.id IS {n}.latest_report)",
      metrics: "{w}.metrics",
      logs: "{w}.logs",
      resources: "{w}.resources",
    },
  },
};

/** Deflated JSON text. */
const packed: Readonly<Partial<Record<EntityName, readonly string[]>>> = {
  factsets: ["package_inventory"],
  catalogs: ["resources", "edges"],
  reports: ["metrics", "logs", "resources"],
};

/** The tables of one query, with aliases of its own. Asking for a column joins what it needs. */
export type Source = {
  readonly entity: EntityName;
  column(ref: FieldRef): Column;
  /** The same rows, with the fields of the node that each hangs on. */
  readonly node: () => Source;
  /** The FROM clause; complete once all columns were asked for. */
  from(): string;
  /** Calls `tick()` now and then. Its argument makes SQLite call it for the rows of that table and not just once. */
  ticks(): string;
};

/** `number` tells the aliases of nested queries apart. */
export const sourceOf = (entity: EntityName, number: number, { bind }: Params): Source => {
  const table = tables[entity];
  const used = new Set([table.from[0]![0], ...(table.always ?? [])]);
  const named = (text: string): string => text.replaceAll(/\{(\w)\}/g, (_, alias: string) => `${alias}${number}`);
  const use = (text: string): string => {
    for (const [, alias] of text.matchAll(/\{(\w)\}/g)) {
      if (used.has(alias!)) continue;
      used.add(alias!);
      // what it is joined on
      use(table.from.find(([name]) => name === alias)?.[1] ?? "");
    }
    return named(text);
  };
  const kindOf = (of: EntityName, field: string): Exclude<Column["kind"], "json" | "tags"> => {
    const { type } = fieldsOf(of)[field]!;
    if (packed[of]?.includes(field)) return "packed";
    if (field === "id") return "id";
    if (type === "timestamp") return "time";
    return type === "number" || type === "boolean" ? type : "text";
  };
  const columnOf = (of: EntityName, { field, path = [], shown }: FieldRef): Column => {
    if (of === "facts" && field === "value") return factValue(use, path, bind);
    const sql = use(tables[of].columns[field] ?? `{${tables[of].from[0]![0]}}.${field}`);
    const { type } = fieldsOf(of)[field]!;
    if (type === "json" && !packed[of]?.includes(field)) {
      const column = jsonColumn(sql, path.length === 0 ? "'$'" : bind(jsonPath(path)));
      return shown ? shownColumn(column, bind(JSON.stringify(path))) : column;
    }
    const asShown = shown && tables[of].shown?.[field];
    if (type === "array") {
      return asShown ? { kind: "tags", sql: use(asShown) } : { kind: "tags", sql, owner: use("{c}.id") };
    }
    if (asShown) return { kind: "text", sql: use(asShown) };
    return { kind: kindOf(of, field), sql };
  };
  const source: Source = {
    entity,
    node: () => ({ ...source, entity: "nodes", column: (ref) => columnOf("nodes", ref) }),
    column: (ref) => columnOf(entity, ref),
    from: () => table.from.filter(([alias]) => used.has(alias)).map(([, join]) => named(join)).join(" "),
    ticks: () =>
      table.walked.filter((column) => used.has(column[1]!)).map((column) =>
        named(`CASE WHEN ${column} & 7 THEN 1 ELSE tick() END`)
      ).join(" AND "),
  };
  return source;
};

const fieldsOf = (entity: EntityName): Readonly<Record<string, EntityField>> => entities[entity].fields;

/** json_each gives numbers as SQL has them, which may lose digits: numbers are read by their path. */
const factValue = (
  use: (text: string) => string,
  path: readonly (string | number)[],
  bind: Params["bind"],
): Column => {
  const value = use("{j}.value");
  const type = use("{j}.type");
  if (path.length > 0) {
    return jsonColumn(`iif(${type} IN ('object', 'array'), ${value}, NULL)`, bind(jsonPath(path)));
  }
  const exact = use("coalesce({v}.facts -> {j}.fullkey, json_quote({j}.value))");
  return {
    kind: "json",
    text: `CASE WHEN ${type} IN ('integer', 'real') THEN ${exact} WHEN ${type} = 'true' THEN 'true'
      WHEN ${type} = 'false' THEN 'false' WHEN ${type} = 'null' THEN 'null' WHEN ${type} = 'text' THEN json_quote(${value})
      ELSE ${value} END`,
    type,
    scalar: value,
  };
};
