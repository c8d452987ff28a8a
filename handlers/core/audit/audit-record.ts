import type { AuditEvent } from "../../interfaces/audit.ts";
import { timestamp } from "../../interfaces/clock.ts";
import type { Document } from "../../interfaces/documents.ts";
import type { Vault } from "../../interfaces/vault.ts";
import { sha256 } from "../access/digest.ts";

/** What of a record may hold texts of people and nodes: it is covered by `content`, so that it can be hidden later. */
export type Details = {
  readonly target: string | null;
  /** JSON as text; null where there is none. */
  readonly before: string | null;
  readonly after: string | null;
};

/** What a record says besides its details. */
export type Facts = {
  readonly id: string;
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  /** Milliseconds since 1970, by the clock of the process that wrote it. */
  readonly at: number;
  readonly actor: string | null;
  readonly via: AuditEvent["via"];
  readonly address: string | null;
  readonly action: string;
  readonly outcome: AuditEvent["outcome"];
  readonly status: number | null;
  readonly request_id: string | null;
};

/** What chains records. The hashes are SHA-256, as 64 hex digits. */
export type Links = {
  /** Random: without it nobody can guess at what `content` stands for. */
  readonly salt: string;
  /** `contentOf` the details. */
  readonly content: string;
  /** `hash` of the record before; `genesis` in the first one. */
  readonly prev: string;
  /** `hashOf` everything else. */
  readonly hash: string;
  /** `Vault.sign` of the hash: whoever has the store but no key can't make one. */
  readonly mac: string;
};

/** A record of the collection `audit`. */
export type AuditRecord = Document & Facts & Details & Links;

/** `prev` of the first record of all. */
export const genesis = "0".repeat(64);
/** `prev` of a record that could not be tied to the ones before, since somebody had tampered with the log's head. */
export const untied = "f".repeat(64);

export const purposes = { record: "audit record", head: "audit head", checkpoint: "audit checkpoint" } as const;

/** SHA-256 of the JSON list `[salt, target, before, after]`, without blanks. */
export const contentOf = ({ salt, target, before, after }: Details & Pick<Links, "salt">): Promise<string> =>
  sha256(`[${JSON.stringify(salt)},${JSON.stringify(target)},${before ?? "null"},${after ?? "null"}]`);

/**
 * SHA-256 of the JSON list `["hoppetdb audit 1", id, seq, at, actor, via, address, action, outcome, status, request_id,
 * content, prev]`, without blanks; `at` as in the API: `2026-01-01T00:00:00.000Z`.
 */
export const hashOf = (record: Facts & Pick<Links, "content" | "prev">): Promise<string> => {
  const { id, seq, actor, via, address, action, outcome, status, request_id, content, prev } = record;
  const at = timestamp(record.at);
  const fields = [id, seq, at, actor, via, address, action, outcome, status, request_id, content, prev];
  return sha256(JSON.stringify(["hoppetdb audit 1", ...fields]));
};

/** A record as the one after `prev`. */
export const chained = async (
  facts: Facts,
  details: Details,
  { prev, salt, vault }: { readonly prev: string; readonly salt: string; readonly vault: Pick<Vault, "sign"> },
): Promise<AuditRecord> => {
  const content = await contentOf({ ...details, salt });
  const hash = await hashOf({ ...facts, content, prev });
  return { ...facts, ...details, salt, content, prev, hash, mac: await vault.sign(purposes.record, hash) };
};
