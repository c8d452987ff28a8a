import { inflateRawSync } from "node:zlib";
import type { Field, Row } from "../../../handlers/interfaces/estate.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { CompiledPlan, Reading } from "./compile-plan.ts";
import type { SqlValue } from "./protocol.ts";

/** A row of SQL values as the entity's fields: own scalars open, the rest sealed JSON text. */
export const rowOf = (columns: CompiledPlan["columns"], values: readonly SqlValue[]): Row => {
  const row: Record<string, Field> = {};
  columns.forEach(({ as, reading }, at) => row[as] = fieldOf(reading, values[at] ?? null));
  return row;
};

const utf8 = new TextDecoder();

const fieldOf = (reading: Reading, value: SqlValue): Field => {
  if (value === null) return null;
  switch (reading) {
    case "plain":
      return value as string | number;
    case "boolean":
      return value === 1;
    case "text":
      return seal(JSON.stringify(value));
    case "json":
      return seal(String(value));
    case "packed":
      return seal(utf8.decode(inflateRawSync(value as Uint8Array)));
    default:
      return reading satisfies never;
  }
};
