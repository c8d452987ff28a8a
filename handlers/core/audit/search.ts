import { AppError } from "../../errors.ts";
import type { AuditEvent } from "../../interfaces/audit.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import { seal } from "../../interfaces/sealed.ts";
import type { Condition, Scalar } from "../query/plan.ts";
import type { AuditRecord } from "./audit-record.ts";

/** What is looked for; all of it must be met. */
export type AuditFilter = {
  readonly actor?: string | undefined;
  /** The whole action, or its beginning and `*`. */
  readonly action?: string | undefined;
  /** The whole target, or all below one: `teams/*`. */
  readonly target?: string | undefined;
  readonly outcome?: AuditEvent["outcome"] | undefined;
  readonly request_id?: string | undefined;
  /** Milliseconds since 1970: from the first one on, before the second one. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
};

/** By how much the clocks of the processes may differ without a search by time missing anything, ms. */
const skew = 3_600_000;
const lastCharacter = "\u{10ffff}";

/**
 * A filter as a condition; undefined where nothing can meet it. A time becomes a range of numbers, too, so that each
 * index leads to it. Throws AppError `bad_request` for a target that is cut off within a word: what was a name when it
 * was written may be a known secret today, which nobody should find letter by letter.
 */
export const conditionOf = async (
  filter: AuditFilter,
  { documents, redactor }: { readonly documents: Pick<Documents, "find">; readonly redactor: () => Redactor },
): Promise<Condition | undefined> => {
  const { actor, action, target, outcome, request_id, from, to } = filter;
  const of: Condition[] = [];
  if (actor !== undefined) of.push(is("actor", actor));
  if (action !== undefined) of.push(wholeOrPrefix("action", action));
  if (target !== undefined) {
    if (target.endsWith("*") && !target.endsWith("/*")) {
      throw new AppError("bad_request", 'A "target" is given whole, or ends with "/*" for all that is below', {
        field: "target",
      });
    }
    if (redactor().redactText(seal(target)) !== target) return undefined;
    of.push(wholeOrPrefix("target", target));
  }
  if (outcome !== undefined) of.push(is("outcome", outcome));
  if (request_id !== undefined) of.push(is("request_id", request_id));
  const edge = async (where: Condition, direction: "asc" | "desc"): Promise<number | undefined> => {
    const order = [{ field: "at", direction }, { field: "seq", direction }] as const;
    return (await documents.find<AuditRecord>("audit", { where, order, limit: 1, fields: ["seq"] }))[0]?.seq;
  };
  if (from !== undefined) {
    const first = await edge(compared("at", ">=", from - skew), "asc");
    if (first === undefined) return undefined;
    of.push(compared("seq", ">=", first), compared("at", ">=", from));
  }
  if (to !== undefined) {
    const last = await edge(compared("at", "<", to + skew), "desc");
    if (last === undefined) return undefined;
    of.push(compared("seq", "<=", last), compared("at", "<", to));
  }
  return { op: "and", of };
};

export const compared = (field: string, op: ">" | ">=" | "<" | "<=", right: Scalar): Condition => ({
  op,
  left: { field },
  right,
});

const is = (field: string, right: Scalar): Condition => ({ op: "=", left: { field }, right });

const wholeOrPrefix = (field: string, text: string): Condition => {
  if (!text.endsWith("*")) return is(field, text);
  const prefix = text.slice(0, -1);
  return { op: "and", of: [compared(field, ">=", prefix), compared(field, "<", prefix + lastCharacter)] };
};
