import type { Documents } from "../../interfaces/documents.ts";
import type { Vault } from "../../interfaces/vault.ts";
import type { Anchor, Anchors } from "./anchors.ts";
import { type AuditRecord, genesis } from "./audit-record.ts";
import { type ChainCheck, createChainCheck, type Verification } from "./check-chain.ts";
import { compared } from "./search.ts";

const pageSize = 500;

const lost = {
  head: "the newest records may be missing",
  checkpoint: "the oldest records may have been taken away before their time",
} as const;

type Deps = {
  readonly documents: Pick<Documents, "find">;
  readonly vault: Pick<Vault, "verify">;
  readonly anchors: Pick<Anchors, "read" | "isGenuine">;
};

/**
 * Checks the whole log, page by page, up to the record that was the newest when it began: numbers without gaps, hashes,
 * signatures, the checkpoint of what was removed in its time, and the head. Records may come and go meanwhile.
 */
export const verifyLog = async (deps: Deps): Promise<Verification> => {
  const { documents, vault, anchors } = deps;
  const page = (after: number) =>
    documents.find<AuditRecord>("audit", {
      where: compared("seq", ">", after),
      order: [{ field: "seq" }],
      limit: pageSize,
    });

  const checkpoint = await anchors.read("checkpoint");
  // what was removed is behind the head in any case, so the head is read second
  const { head, end } = await readEnd(deps);
  const check = createChainCheck(vault, checkpoint ?? { seq: 0, hash: genesis });
  // an anchor whose key nobody has proves as little as a forged one
  const genuine = async (name: "head" | "checkpoint", anchor: Anchor): Promise<boolean> => {
    const answer = await anchors.isGenuine(name, anchor);
    const why = answer === undefined
      ? "is signed under a key that is not given"
      : "was not written by whoever has the key";
    if (!answer) check.report(anchor.seq, `The log's ${name} ${why}: ${lost[name]}`);
    return answer === true;
  };
  if (checkpoint) await genuine("checkpoint", checkpoint);

  while (check.at() < end) {
    const found = (await page(check.at())).filter(({ seq }) => seq <= end);
    if (found.length === 0) break;
    if (found[0]!.seq > check.at() + 1) {
      const moved = await anchors.read("checkpoint");
      if (moved && moved.seq > check.at() && await anchors.isGenuine("checkpoint", moved)) {
        check.skipTo(moved);
        continue;
      }
    }
    await check.add(found);
  }
  const vouched = head ? await atHead(check, head, await genuine("head", head), anchors) : false;
  if (!head && check.at() > 0) check.report(check.at(), `The log's head is missing: ${lost.head}`);
  if (head) await noneBehind(deps, check, head);
  return check.result(vouched);
};

/** The head, and the number up to which there is something to check. */
const readEnd = async ({ documents, anchors }: Deps) => {
  const read = await anchors.read("head");
  if (read) return { head: read, end: read.seq };
  const [any] = await documents.find("audit", { limit: 1, fields: ["seq"] });
  if (!any) return { head: undefined, end: 0 };
  // the first record of all may have come in between
  const head = await anchors.read("head");
  return { head, end: head ? head.seq : Infinity };
};

/** Whether a genuine head vouches for the last record. */
const atHead = async (
  check: ChainCheck,
  head: Anchor,
  genuine: boolean,
  anchors: Deps["anchors"],
): Promise<boolean> => {
  const [at, hash] = [check.at(), check.hash()];
  if (at < head.seq) {
    const moved = await anchors.read("checkpoint");
    // all that there was has been removed in its time meanwhile
    if (moved && moved.seq >= head.seq && await anchors.isGenuine("checkpoint", moved)) return true;
    check.missing(at + 1, head.seq);
    return false;
  }
  if (genuine && hash !== head.hash) check.report(at, "It is not the record that the head of the log names");
  return genuine && hash === head.hash;
};

/** Records that the head doesn't know of were not written by us. */
const noneBehind = async ({ documents, anchors }: Deps, check: ChainCheck, head: Anchor): Promise<void> => {
  const [newest] = await documents.find<AuditRecord>("audit", {
    where: compared("seq", ">", head.seq),
    order: [{ field: "seq", direction: "desc" }],
    limit: 1,
    fields: ["seq"],
  });
  if (!newest) return;
  const now = await anchors.read("head");
  if (!now || now.seq < newest.seq) check.report(newest.seq, "It stands behind the head of the log");
};
