import { AppError } from "../../errors.ts";
import type { Estate } from "../../interfaces/estate.ts";
import type { CommandQueue } from "../../interfaces/queue.ts";
import { ownSpace } from "../ca/revoke.ts";
import type { Ca } from "../ca/types.ts";

/** What went with a node. */
export type RemovedNode = {
  /** How many were live; null where the Puppetserver is the CA. */
  readonly certificates_revoked: number | null;
  readonly dead_letters: number;
};

export type RemoveNodeDeps = {
  readonly estate: Pick<Estate, "deleteNode">;
  readonly queue: Pick<CommandQueue, "deadLetters" | "dropDeadLetter">;
  /** Undefined where the Puppetserver is the CA. */
  readonly ca?: Pick<Ca, "certificates" | "spaces">;
};

const page = 100;

/**
 * Takes a node away with all that hangs on it: each live certificate of that name is revoked and each waiting request
 * withdrawn, in every space; its dead letters go, then facts, catalogs, whole catalogs, reports and settings in one
 * step. Undefined: nothing of that name was known. The node itself goes last, so that whoever is told of a failure on
 * the way finds it still and can remove it again; what was done is not done twice. Throws AppError `conflict`, before
 * anything that is stored of the node is gone, where a listener of hoppetdb uses a certificate of that name.
 */
export const createRemoveNode =
  ({ estate, queue, ca }: RemoveNodeDeps) => async (certname: string, by: string): Promise<RemovedNode | undefined> => {
    const revoked = ca ? await cleanEverywhere(ca, certname, by) : null;
    let letters = 0;
    for (;;) {
      const found = await queue.deadLetters({ limit: page, offset: 0, certname });
      for (const { id } of found) letters += Number(await queue.dropDeadLetter(id));
      if (found.length < page) break;
    }
    const known = await estate.deleteNode(certname);
    return known || revoked || letters > 0 ? { certificates_revoked: revoked, dead_letters: letters } : undefined;
  };

/** The listeners' own certificates are no node's, also where a node has their name. */
const cleanEverywhere = async (
  { certificates, spaces }: NonNullable<RemoveNodeDeps["ca"]>,
  certname: string,
  name: string,
): Promise<number> => {
  let revoked = 0;
  for (const { id: space } of await spaces.list()) {
    if (space === ownSpace) continue;
    try {
      revoked += (await certificates.clean({ space, certname, by: { kind: "user", name } })).revoked;
    } catch (error) {
      // it has nothing of that name
      if (!(error instanceof AppError && error.code === "not_found")) throw error;
    }
  }
  return revoked;
};
