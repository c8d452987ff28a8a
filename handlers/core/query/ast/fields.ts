import { entities, type EntityField, type EntityName } from "../entities.ts";
import type { FieldRef } from "../plan.ts";
import { listing, refuse } from "./terms.ts";

/** Names that PuppetDB's API does not have: they are ours. */
const ours: Partial<Record<EntityName, readonly string[]>> = {
  nodes: ["active", "disabled", "enabled", "environment", "changed_at", "facts"],
  catalogs: ["id", "current", "num_resources", "num_resources_exported"],
  resources: ["whole"],
};

export type Named = { readonly ref: FieldRef; readonly field: EntityField };

export const isEntity = (name: string): name is EntityName => Object.hasOwn(entities, name);

export const fieldsOf = (entity: EntityName): Readonly<Record<string, EntityField>> => entities[entity].fields;

/** The fields that a query of PuppetDB's API may name. */
export const queryable = (entity: EntityName): string[] =>
  Object.entries(fieldsOf(entity))
    .filter(([name, { only }]) => only !== "output" && !ours[entity]?.includes(name))
    .map(([name]) => name === "latest_report" ? "latest_report?" : name)
    .sort();

/** The fields that a row of PuppetDB's API has. */
export const selectable = (entity: EntityName): string[] =>
  Object.entries(fieldsOf(entity))
    .filter(([name, { only }]) => only !== "filter" && !ours[entity]?.includes(name))
    .map(([name]) => name);

/** The field of that name, if a filter may speak of it. `parameters.a.b` is a place inside of a resource's parameters. */
export const findField = (entity: EntityName, name: string): Named | undefined => {
  if (entity === "resources" && name.startsWith("parameters.")) {
    const path = pathOf(name.slice("parameters.".length));
    return path && { ref: { field: "parameters", path }, field: { type: "json", sealed: "json" } };
  }
  const bare = name === "latest_report?" ? "latest_report" : name;
  const field = queryable(entity).includes(name) ? fieldsOf(entity)[bare] : undefined;
  return field && { ref: { field: bare }, field };
};

/** Throws AppError `bad_request` in PuppetDB's words for a name that the entity does not have. */
export const fieldNamed = (entity: EntityName, name: unknown): Named => {
  if (typeof name === "string") {
    const found = findField(entity, name);
    if (found) return found;
  }
  const shown = typeof name === "string" ? `'${name.slice(0, 200)}'` : JSON.stringify(name).slice(0, 200);
  return refuse(
    `${shown} is not a queryable object for ${entity}. Known queryable objects are ${listing(queryable(entity))}`,
  );
};

/**
 * `a."b.c".d[3]` as a path. Undefined for what PuppetDB reads in several ways (a segment of digits is a key or an index)
 * or is deprecated there (`match(…)`).
 */
export const pathOf = (dotted: string): readonly (string | number)[] | undefined => {
  const path: (string | number)[] = [];
  const segment = /^(?:"([^"]+)"|([^."[\]()]+))((?:\[\d{1,9}\])*)(\.|$)/;
  for (let rest = dotted; rest !== "";) {
    const found = segment.exec(rest);
    const key = found?.[1] ?? found?.[2];
    if (!found || key === undefined || /^\d+$/.test(key)) return undefined;
    path.push(key, ...Array.from(found[3]?.matchAll(/\d+/g) ?? [], ([digits]) => Number(digits)));
    rest = rest.slice(found[0].length);
    if (rest === "" && found[4] === ".") return undefined;
  }
  return path.length > 0 ? path : undefined;
};
