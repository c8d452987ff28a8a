import type { Change, Document, Documents, Stored } from "../../interfaces/documents.ts";
import type { Vault } from "../../interfaces/vault.ts";
import { purposes } from "./audit-record.ts";

/** A place in the chain that is kept beside it, signed: the newest record, or the newest of those that were removed. */
export type Anchor = Document & { readonly seq: number; readonly hash: string; readonly mac: string };

export type AnchorName = "head" | "checkpoint";
const idOf: Readonly<Record<AnchorName, string>> = { head: "audit-head", checkpoint: "audit-checkpoint" };

/** What the signature of an anchor is over. */
const textOf = ({ seq, hash }: { readonly seq: number; readonly hash: string }): string => `${seq} ${hash}`;

export type Anchors = ReturnType<typeof createAnchors>;

/**
 * The head and the checkpoint of the log, in `settings`. Without the head the newest records could be cut off, without the
 * checkpoint nobody could tell records that were removed in their time from those that somebody took away.
 */
export const createAnchors = (deps: {
  readonly documents: Pick<Documents, "get">;
  readonly vault: Pick<Vault, "sign" | "verify">;
}) => {
  const { documents, vault } = deps;
  return {
    read: (name: AnchorName): Promise<Stored<Anchor> | undefined> => documents.get<Anchor>("settings", idOf[name]),

    /** Whether it was written by whoever has the key; undefined where its key is not in the ring. */
    isGenuine: (name: AnchorName, anchor: Anchor): Promise<boolean | undefined> =>
      vault.verify(purposes[name], textOf(anchor), String(anchor.mac)),

    /** The change that puts it at a record, in place of what was `read`. */
    async moved(
      name: AnchorName,
      known: Stored<Anchor> | undefined,
      to: { readonly seq: number; readonly hash: string },
    ): Promise<Change> {
      const { seq, hash } = to;
      const document: Anchor = { id: idOf[name], seq, hash, mac: await vault.sign(purposes[name], textOf(to)) };
      return known
        ? { do: "replace", collection: "settings", document, version: known.version }
        : { do: "insert", collection: "settings", document };
    },
  };
};
