import { AppError } from "../../errors.ts";
import type { Estate } from "../../interfaces/estate.ts";
import type { CommandQueue } from "../../interfaces/queue.ts";
import type { Ca } from "../ca/types.ts";

/** What went with a node. */
export type RemovedNode = {
  /** Null where the Puppetserver is the CA. */
  readonly certificates_revoked: number | null;
  readonly dead_letters: number;
};

const page = 100;

/**
 * Takes a node away with all that hangs on it: every live certificate of that name is revoked and every request withdrawn,
 * in each space; then facts, catalogs, reports and dead letters go. Undefined: nothing of that name was known. Begins with
 * what is most urgent, and may be called again after a failure.
 */
export const createRemoveNode = (deps: {
  readonly estate: Pick<Estate, "deleteNode">;
  readonly queue: Pick<CommandQueue, "deadLetters" | "dropDeadLetter">;
  readonly ca?: Pick<Ca, "certificates" | "spaces">;
}) =>
async (certname: string, by: string): Promise<RemovedNode | undefined> => {
  const { estate, queue, ca } = deps;
  const revoked = ca ? await cleanEverywhere(ca, certname, by) : null;
  const known = await estate.deleteNode(certname);
  let letters = 0;
  for (;;) {
    const found = await queue.deadLetters({ limit: page, offset: 0, certname });
    for (const { id } of found) letters += Number(await queue.dropDeadLetter(id));
    if (found.length < page) break;
  }
  return known ? { certificates_revoked: revoked, dead_letters: letters } : undefined;
};

const cleanEverywhere = async ({ certificates, spaces }: Pick<Ca, "certificates" | "spaces">, name: string, by: string) => {
  let revoked = 0;
  for (const { id } of await spaces.list()) {
    try {
      const actor = { kind: "user", name: by } as const;
      revoked += (await certificates.clean({ space: id, certname: name, by: actor })).revoked;
    } catch (error) {
      // no certificate of that name in this space
      if (!(error instanceof AppError && error.code === "not_found")) throw error;
    }
  }
  return revoked;
};
