import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";
import type { Task } from "../periodic/run-due.ts";
import type { Crls } from "./crl.ts";
import { all, is, isNull } from "./find.ts";
import { ownSpace } from "./revoke.ts";
import { puppetSpace } from "./spaces.ts";
import type { Spaces } from "./types.ts";

const hour = 3_600_000;

/** The CA's periodic work: CRLs get new dates long before they lapse, requests that nobody signs go, a roll-over ends. */
export const caTasks = (deps: {
  readonly documents: Documents;
  readonly crls: Crls;
  readonly spaces: Spaces;
  readonly clock: Clock;
  readonly log: Log;
  readonly requestTtl: number;
}): readonly Task[] => {
  const { documents, crls, spaces, clock, log, requestTtl } = deps;
  return [
    {
      name: "ca-crl",
      every: 60_000,
      run: async () => {
        for (const id of await crls.due()) {
          const { number, next_update } = await crls.renew(id);
          log.info("CRL was renewed", { authority: id, number, next_update: new Date(next_update).toISOString() });
        }
      },
    },
    {
      name: "ca-requests",
      every: hour,
      run: async () => {
        if (requestTtl === 0) return;
        const removed = await documents.removeWhere(
          "ca_certificates",
          all(is("status", "requested"), { op: "<", left: { field: "requested_at" }, right: clock.now() - requestTtl }),
        );
        if (removed > 0) log.info("Requests that nobody signed were dropped", { removed });
      },
    },
    {
      name: "ca-rollover",
      every: hour,
      run: async () => {
        const [agents, own] = await Promise.all([spaces.get(puppetSpace), spaces.get(ownSpace)]);
        if (!agents || !own || agents.ca_id === own.ca_id) return;
        // our listeners keep the old authority for as long as an agent may know no other; their own certificates, which
        // are live ones of it, too, don't count
        const left = await documents.count(
          "ca_certificates",
          all(
            is("space", puppetSpace),
            is("status", "signed"),
            { op: "not", of: is("authority", agents.ca_id) },
            { op: ">", left: { field: "not_after" }, right: clock.now() },
            isNull("cleaned_at"),
          ),
        );
        if (left > 0) return;
        await spaces.update(ownSpace, { ca_id: agents.ca_id, by: { kind: "policy", name: "roll-over" } });
        log.info("Roll-over is done: our listeners follow", { authority: agents.ca_id });
      },
    },
  ];
};
