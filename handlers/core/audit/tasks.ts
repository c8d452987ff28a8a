import type { Log } from "../../interfaces/log.ts";
import type { Task } from "../periodic/run-due.ts";
import type { AuditLog } from "./audit.ts";

const hour = 3_600_000;

/** Removes audit records that are older than `ttl` ms; 0 keeps them for ever. */
export const auditTask = (deps: {
  readonly audit: Pick<AuditLog, "prune">;
  readonly ttl: number;
  readonly log: Log;
}): Task => ({
  name: "audit",
  every: 6 * hour,
  run: async () => {
    const { removed, more } = await deps.audit.prune(deps.ttl);
    if (removed > 0) deps.log.info("Old records of the audit log were removed", { removed, more });
    return more;
  },
});
