import type { Field, Row } from "../../../handlers/interfaces/estate.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Output } from "./compile-plan.ts";
import type { Value } from "./protocol.ts";

/** A row of values as the entity's fields: own scalars open, the rest sealed JSON text. */
export const rowOf = (outputs: readonly Output[], values: readonly Value[]): Row => {
  const row: Record<string, Field> = {};
  outputs.forEach(({ as, wrap }, at) => {
    const value = values[at] ?? null;
    row[as] = value === null || wrap === "open" ? value : seal(wrap === "text" ? JSON.stringify(value) : String(value));
  });
  return row;
};
