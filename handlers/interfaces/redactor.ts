import type { Marks } from "./command.ts";
import type { JsonText, Sealed } from "./sealed.ts";

/** What stands in the place of a secret. */
export const placeholder = "XXXXX";

/** What a sealed text is, so that our own field names and enums in it are left alone. core/redaction/shapes.ts has them. */
export type ShapeName =
  | "text"
  | "json"
  | "facts"
  | "parameters"
  | "tags"
  | "catalog"
  | "resources"
  | "edges"
  | "logs"
  | "metrics"
  | "report_resources";

/** Opens what is sealed for the eyes of people: the only way out of port 8000. */
export interface Redactor {
  /** Grows with each change of the known secrets: part of any cache key of redacted things. */
  readonly version: number;
  /** The value as JSON, secrets replaced, numbers exact. `key` (a content hash) lets the result be kept. */
  redact(sealed: Sealed<JsonText>, shape: ShapeName, key?: string): RedactedJson;
  /** A single text, e.g. a log line or a reason. */
  redactText(sealed: Sealed<string>): string;
  /** The same redactor with what Puppet marked as sensitive for one node on top. */
  with(marks: Sealed<Marks>): Redactor;
}

/** JSON that may be shown. `text` keeps exact numbers; `value` is parsed when it is first asked for. */
export type RedactedJson = { readonly text: JsonText; readonly value: unknown };
