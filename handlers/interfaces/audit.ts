/** One thing that was done, tried, or looked at. Texts in it are redacted before they are stored. */
export type AuditEvent = {
  /** What: `POST /api/v1/teams/{team}`, or `user reset-password` from the command line. */
  readonly action: string;
  /** The user; null where nobody was logged in. */
  readonly actor: string | null;
  /** The login that it was done with. */
  readonly via: "session" | "credential" | "certificate" | "cli" | "none";
  /** From where, e.g. an IP address; null from the command line. */
  readonly address: string | null;
  /** What it was done to, e.g. `teams/ops` or `nodes/web01.example.com`. */
  readonly target: string | null;
  /** The state before and after, as JSON values; undefined where there is none. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly outcome: "done" | "refused" | "failed";
  /** The HTTP status; null from the command line. */
  readonly status: number | null;
  readonly request_id: string | null;
};

/** The record of who did what. Resolves once the event is durable. */
export interface Audit {
  record(event: AuditEvent): Promise<void>;
}
