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
  readonly address?: string | undefined;
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
/** Of so many records with one beginning the newest ones are found sooner without its index, which has them in another order. */
const many = 20_000;

export type SearchDeps = {
  readonly documents: Pick<Documents, "find" | "count">;
  readonly redactor: () => Redactor;
};

/** The same as `conditionOf`, for reading in the order of the numbers. */
export const orderedCondition = async (filter: AuditFilter, deps: SearchDeps): Promise<Condition | undefined> => {
  const where = await conditionOf(filter, deps);
  const { action, target, actor, address, request_id } = filter;
  const exact = [actor, address, request_id].some((each) => each !== undefined);
  const beginnings = [action, target].filter((text) => text?.endsWith("*"));
  const whole = [action, target].some((text) => text !== undefined && !text.endsWith("*"));
  if (!where || exact || whole || beginnings.length === 0) return where;
  return await deps.documents.count("audit", where) > many ? await conditionOf(filter, deps, tested) : where;
};

/**
 * A filter as a condition; undefined where nothing can meet it. A time becomes a range of numbers, too, so that each
 * index leads to it. Throws AppError `bad_request` for a target that is cut off within a word: what was a name when it
 * was written may be a known secret today, which nobody should find letter by letter.
 */
export const conditionOf = async (
  filter: AuditFilter,
  deps: SearchDeps,
  beginning: (field: string, prefix: string) => Condition = ranged,
): Promise<Condition | undefined> => {
  const { documents, redactor } = deps;
  const { actor, address, action, target, outcome, request_id, from, to } = filter;
  const of: Condition[] = [];
  if (actor !== undefined) of.push(is("actor", actor));
  if (address !== undefined) of.push(is("address", address));
  const wholeOrBeginning = (field: string, text: string): Condition =>
    text.endsWith("*") ? beginning(field, text.slice(0, -1)) : is(field, text);
  if (action !== undefined) of.push(wholeOrBeginning("action", action));
  if (target !== undefined) {
    if (target.endsWith("*") && !target.endsWith("/*")) {
      throw new AppError("bad_request", 'A "target" is given whole, or ends with "/*" for all that is below', {
        field: "target",
      });
    }
    if (redactor().redactText(seal(target)) !== target) return undefined;
    of.push(wholeOrBeginning("target", target));
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

/** In a form that an index takes. */
const ranged = (field: string, prefix: string): Condition => ({
  op: "and",
  of: [compared(field, ">=", prefix), compared(field, "<", prefix + lastCharacter)],
});

const tested = (field: string, prefix: string): Condition => ({
  op: "matches",
  left: { field },
  pattern: `^${prefix.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")}`,
});
