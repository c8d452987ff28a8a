import { AppError } from "../../errors.ts";
import type { Estate, Row, RunOptions } from "../../interfaces/estate.ts";
import type { Redactor, ShapeName } from "../../interfaces/redactor.ts";
import { Sealed } from "../../interfaces/sealed.ts";
import { entities, type EntityField, type EntityName } from "../query/entities.ts";
import type { Plan } from "../query/plan.ts";
import { type ShownJson, shownText } from "./shown-json.ts";

/** A row that may be shown: what was sealed is redacted. */
export type ShownRow = Readonly<Record<string, string | number | boolean | null | ShownJson>>;

/** All rows of a plan; for plans with a limit. */
export const rowsOf = async (
  estate: Pick<Estate, "run">,
  plan: Plan,
  options: RunOptions | undefined,
): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for await (const row of estate.run(plan, options)) rows.push(row);
  return rows;
};

/**
 * Redacts what is sealed in a row of an entity, in the shape that core/query/entities.ts names. `key` (the content's
 * hash) lets large results be kept. A sealed text becomes a plain string.
 */
export const redactRow = (entity: EntityName, row: Row, redactor: Redactor, key?: string): ShownRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, field]) => {
      if (!(field instanceof Sealed)) return [name, field];
      const shape = shapeOf(entity, name);
      if (shape === "text") {
        const { value } = redactor.redact(field, shape);
        return [name, typeof value === "string" ? value : value === null ? null : String(value)];
      }
      const redacted = redactor.redact(field, shape, key === undefined ? undefined : `${shape}:${key}`);
      return [name, shownText(redacted.text)];
    }),
  );

const shapeOf = (entity: EntityName, name: string): ShapeName => {
  const field = (entities[entity].fields as Readonly<Record<string, EntityField>>)[name];
  if (!field?.sealed) throw new AppError("internal", `"${name}" of "${entity}" is sealed, but has no shape`);
  return field.sealed;
};

/** A field of a shown row that is a string or nothing. */
export const textOf = (row: ShownRow, name: string): string | null => {
  const field = row[name];
  return typeof field === "string" ? field : null;
};

export const numberOf = (row: ShownRow, name: string): number => {
  const field = row[name];
  return typeof field === "number" ? field : 0;
};

export const flagOf = (row: ShownRow, name: string): boolean | null => {
  const field = row[name];
  return typeof field === "boolean" ? field : null;
};

/** A JSON field; null when the store doesn't hold it (any more). */
export const jsonOf = (row: ShownRow, name: string): ShownJson | null => {
  const field = row[name];
  if (typeof field !== "object" || field === null) return null;
  return field.text === "null" ? null : field;
};
