import { timestamp } from "../../interfaces/clock.ts";
import type { Redactor } from "../../interfaces/redactor.ts";
import type { AuditRecord, Facts, Links } from "./audit-record.ts";
import { redactDetails } from "./details.ts";

/** A record as people see it, and as a line of an export. */
export type ShownRecord = Omit<Facts, "at"> & Omit<Links, "salt"> & {
  /** ISO, UTC, three digits of milliseconds. */
  readonly at: string;
  readonly target: string | null;
  /** JSON values; null where there is none. */
  readonly before: unknown;
  readonly after: unknown;
  /** Null where a text in it has become a known secret since: what is shown is then not what `content` was made from. */
  readonly salt: string | null;
};

/** A record by what is secret today: what was written with a text that is hidden now shows that no more. */
export const showRecord = (record: AuditRecord, redactor: Redactor): ShownRecord => {
  const { target, before, after } = redactDetails(record, redactor);
  const same = target === record.target && before === record.before && after === record.after;
  const { id, seq, at, actor, via, address, action, outcome, status, request_id, content, prev, hash, mac } = record;
  return {
    id,
    seq,
    at: timestamp(at),
    actor,
    via,
    address,
    action,
    target,
    before: before === null ? null : JSON.parse(before),
    after: after === null ? null : JSON.parse(after),
    outcome,
    status,
    request_id,
    salt: same ? record.salt : null,
    content,
    prev,
    hash,
    mac,
  };
};
