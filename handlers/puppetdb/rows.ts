import { parseExact } from "../core/json/exact-json.ts";
import { entities, type EntityField, type EntityName } from "../core/query/entities.ts";
import type { Field, Row } from "../interfaces/estate.ts";
import type { Redactor } from "../interfaces/redactor.ts";
import { Sealed } from "../interfaces/sealed.ts";

/** Turns rows into JSON text: as they are for who was verified, redacted for everyone else. */
export type RowText = (row: Row) => string | Promise<string>;

/** The texts that were stored stand in the answer as they are, so that their numbers are exact. */
export const revealed: RowText = (row) =>
  object(row, (field) => field instanceof Sealed ? field.reveal() : JSON.stringify(field));

/**
 * `redactorFor` gives the redactor that also knows what Puppet marked as sensitive for the row's node; `names` are the
 * fields to show.
 */
export const redacted = (
  entity: EntityName,
  names: readonly string[],
  redactorFor: (certname: string | undefined) => Promise<Redactor>,
): RowText => {
  const fields = entities[entity].fields as Readonly<Record<string, EntityField>>;
  return async (row) => {
    const redactor = await redactorFor(typeof row.certname === "string" ? row.certname : undefined);
    const shown = Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
    return object(
      shown,
      (field, name) =>
        field instanceof Sealed ? redactor.redact(field, fields[name]?.sealed ?? "json").text : JSON.stringify(field),
    );
  };
};

/** Open-source PuppetDB answers null for these, whatever was sent; what compares with it must find the same. */
const alwaysNull = ["corrective_change", "latest_report_corrective_change"];

const object = (row: Row, show: (field: Field, name: string) => string): string => {
  const fields = Object.entries(row).map(([name, field]) =>
    `${JSON.stringify(name)}:${alwaysNull.includes(name) ? "null" : show(field, name)}`
  );
  return `{${fields.join(",")}}`;
};

/** The same over several lines, numbers as exact as before. */
export const prettyText = (text: RowText): RowText => async (row) =>
  JSON.stringify(parseExact(await text(row)), null, 2);

const encoder = new TextEncoder();
/** Rows that are put together before they are sent. */
const together = 200;

/**
 * A JSON array that is sent while its rows are read. The first row is fetched before the answer begins, so that what is
 * wrong with the query can still be told by its status.
 */
export const streamRows = async (
  rows: AsyncIterable<Row>,
  text: RowText,
  between = ",",
): Promise<ReadableStream<Uint8Array>> => {
  const iterator = rows[Symbol.asyncIterator]();
  let next = await iterator.next();
  let before = "[";
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let chunk = next.done && before === "[" ? before : "";
      for (let i = 0; i < together && !next.done; i++) {
        const made = text(next.value);
        chunk += before + (typeof made === "string" ? made : await made);
        before = between;
        next = await iterator.next();
      }
      if (next.done) chunk += "]";
      controller.enqueue(encoder.encode(chunk));
      if (next.done) controller.close();
    },
    async cancel() {
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
};
