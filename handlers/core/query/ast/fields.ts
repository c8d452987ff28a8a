import { AppError } from "../../../errors.ts";
import { entities, type EntityField, type EntityName } from "../entities.ts";
import type { FieldRef } from "../plan.ts";

/** Names that PuppetDB's API uses for fields which are ours under another name, or not asked for by PuppetDB's clients. */
const ours: Partial<Record<EntityName, readonly string[]>> = {
  nodes: ["active"],
  catalogs: ["id", "current", "num_resources", "num_resources_exported"],
};

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

/** Throws AppError `bad_request` in PuppetDB's words for a name that the entity does not have. */
export const fieldNamed = (
  entity: EntityName,
  name: string,
): { readonly ref: FieldRef; readonly field: EntityField } => {
  const bare = name === "latest_report?" ? "latest_report" : name;
  const known = queryable(entity);
  const field = known.includes(name) ? fieldsOf(entity)[bare] : undefined;
  if (!field) {
    const list = known.map((each) => `'${each}'`);
    const last = list.pop();
    throw new AppError(
      "bad_request",
      `'${name}' is not a queryable object for ${entity}. Known queryable objects are ${list.join(", ")}, and ${last}`,
    );
  }
  return { ref: { field: bare }, field };
};
