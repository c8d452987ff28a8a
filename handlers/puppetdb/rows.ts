import { entities, type EntityField, type EntityName } from "../core/query/entities.ts";
import type { Plan } from "../core/query/plan.ts";
import type { Field, Row } from "../interfaces/estate.ts";
import type { Redactor } from "../interfaces/redactor.ts";
import { Sealed } from "../interfaces/sealed.ts";

/** Turns rows into JSON text: as they are for who was verified, redacted for everyone else. */
export type RowText = (row: Row) => string;

/** The texts that were stored stand in the answer as they are, so that their numbers are exact. */
export const revealed: RowText = (row) =>
  object(row, (field) => field instanceof Sealed ? field.reveal() : JSON.stringify(field));

export const redacted = (redactor: Redactor, entity: EntityName): RowText => {
  const fields = entities[entity].fields as Readonly<Record<string, EntityField>>;
  return (row) =>
    object(
      row,
      (field, name) =>
        field instanceof Sealed ? redactor.redact(field, fields[name]?.sealed ?? "json").text : JSON.stringify(field),
    );
};

/** Open-source PuppetDB answers null for these, whatever was sent; what compares with it must find the same. */
const alwaysNull = ["corrective_change", "latest_report_corrective_change"];

const object = (row: Row, show: (field: Field, name: string) => string): string => {
  const fields = Object.entries(row).map(([name, field]) =>
    `${JSON.stringify(name)}:${alwaysNull.includes(name) ? "null" : show(field, name)}`
  );
  return `{${fields.join(",")}}`;
};

const encoder = new TextEncoder();

/**
 * A JSON array that is sent while its rows are read. The first row is fetched before the answer begins, so that what is
 * wrong with the query can still be told by its status.
 */
export const streamRows = async (rows: AsyncIterable<Row>, text: RowText): Promise<ReadableStream<Uint8Array>> => {
  const iterator = rows[Symbol.asyncIterator]();
  let next = await iterator.next();
  let open = "[";
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let chunk = open;
      for (let i = 0; i < 200 && !next.done; i++) {
        chunk += (open === "[" ? "" : ",") + text(next.value);
        open = "";
        next = await iterator.next();
      }
      if (next.done) chunk += "]";
      controller.enqueue(encoder.encode(chunk));
      if (next.done) controller.close();
    },
    async cancel() {
      await iterator.return?.();
    },
  });
};

/** Every row of one node, whatever its state. */
export const byCertname = (entity: EntityName, certname: string): Plan => ({
  entity,
  select: [],
  where: { op: "=", left: { field: "certname" }, right: certname },
});
