import type { EntityName } from "../core/query/entities.ts";
import type { Condition } from "../core/query/plan.ts";

/** A path that is answered with rows, and what it asks for by itself. */
export type QueryRoute = {
  readonly path: string;
  readonly entity: EntityName;
  readonly where: (param: (name: string) => string) => readonly Condition[];
};

export const is = (field: string, right: string): Condition => ({ op: "=", left: { field }, right });

/** Parts of a path and the field that each is compared with, from the left: what is missing at the end is not asked. */
const tails = (entity: EntityName, fields: readonly string[], path: string, outer: QueryRoute["where"]): QueryRoute[] =>
  [...fields.keys(), fields.length].map((count) => {
    const own = fields.slice(0, count);
    return {
      path: path + own.map((field) => `/:${field}`).join(""),
      entity,
      where: (param) => [...outer(param), ...own.map((field) => is(field, param(field)))],
    };
  });

const facts = (path: string, outer: QueryRoute["where"]) => tails("facts", ["name", "value"], path, outer);
const resources = (path: string, outer: QueryRoute["where"]) => tails("resources", ["type", "title"], path, outer);
const all = () => [];

/** The paths under `/pdb/query/v4` that are answered with rows from our own store. */
export const rowRoutes: readonly QueryRoute[] = [
  { path: "/nodes", entity: "nodes", where: all },
  ...facts("/facts", all),
  ...resources("/resources", all),
];

/** The same below a node: 404 where nothing is known of it. */
export const nodeRoutes: readonly QueryRoute[] = [
  ...facts("/nodes/:node/facts", (param) => [is("certname", param("node"))]),
  ...resources("/nodes/:node/resources", (param) => [is("certname", param("node"))]),
];
