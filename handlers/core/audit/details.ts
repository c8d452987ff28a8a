import type { AuditEvent } from "../../interfaces/audit.ts";
import { placeholder, type Redactor } from "../../interfaces/redactor.ts";
import { seal } from "../../interfaces/sealed.ts";
import type { Details } from "./audit-record.ts";

/** Bytes of JSON of one state; what is longer is told by its size. */
export const longestState = 16 * 1024;
/** Characters that are not even searched for secrets. */
const longestSearched = 1 << 20;
const longestTarget = 500;

/**
 * What of an event may hold secrets, with them replaced: the known ones, and whatever stands under a name such as
 * `password`. Of two states only what differs is kept, and the `id`. Where the known secrets can't be read, nothing is shown.
 */
export const detailsOf = (event: AuditEvent, redactor: () => Redactor): Details => {
  const [before, after] = differing(plainOf(event.before), plainOf(event.after));
  const target = event.target?.toWellFormed().slice(0, longestTarget) ?? null;
  try {
    const by = redactor();
    return {
      target: target === null ? null : by.redactText(seal(target)),
      before: stateOf(before, by),
      after: stateOf(after, by),
    };
  } catch {
    const hidden = JSON.stringify(placeholder);
    return {
      target: target && placeholder,
      before: before === undefined ? null : hidden,
      after: after === undefined ? null : hidden,
    };
  }
};

/** The details of a record by what is secret today. */
export const redactDetails = ({ target, before, after }: Details, redactor: Redactor): Details => ({
  target: target === null ? null : redactor.redactText(seal(target)),
  before: redacted(before, redactor),
  after: redacted(after, redactor),
});

const redacted = (text: string | null, redactor: Redactor): string | null =>
  // as JSON.stringify writes it, whoever wrote it: `content` is made from this text
  text === null ? null : JSON.stringify(JSON.parse(redactor.redact(seal(text), "json").text));

const stateOf = (state: unknown, redactor: Redactor): string | null => {
  if (state === undefined) return null;
  const text = JSON.stringify(hideNamed(state));
  const shown = text.length > longestSearched ? text : redacted(text, redactor)!;
  const bytes = new TextEncoder().encode(shown).length;
  return bytes > longestState ? JSON.stringify({ truncated: bytes }) : shown;
};

/** A value as JSON would give it back. What can't be written as JSON is only told to be there. */
const plainOf = (value: unknown): unknown => {
  if (value === undefined) return undefined;
  try {
    return JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    return { unreadable: true };
  }
};

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const differing = (before: unknown, after: unknown): readonly [unknown, unknown] => {
  if (!isMembers(before) || !isMembers(after)) return [before, after];
  const differs = (key: string): boolean =>
    !Object.hasOwn(before, key) || !Object.hasOwn(after, key) ||
    JSON.stringify(before[key]) !== JSON.stringify(after[key]);
  const only = (of: Members) => Object.fromEntries(Object.entries(of).filter(([key]) => key === "id" || differs(key)));
  return [only(before), only(after)];
};

/** The last word, or the last two, of a name that holds a secret: `db_password`, `secretHash`, `private-key`. */
const secretName =
  /(^|_)(passwords?|passwd|passphrase|pass|pwd|secrets?|tokens?|hash|salt|psk|cookie|authorization|(private|secret|api|access|preshared|shared|encryption)_?key(_pem)?)$/;

const isSecretName = (name: string): boolean =>
  secretName.test(name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[-. ]/g, "_").toLowerCase());

const hideNamed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(hideNamed);
  if (!isMembers(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      // null and true tell that there is none, or one: that is no secret
      isSecretName(name) && each !== null && typeof each !== "boolean" ? placeholder : hideNamed(each),
    ]),
  );
};
