import type { CommandQueue, DeadLetter } from "../../interfaces/queue.ts";
import type { Viewer } from "../access/viewer.ts";
import type { NodeViews } from "./nodes.ts";

export type LettersDeps = {
  readonly queue: Pick<CommandQueue, "deadLetters" | "deadLetter" | "deadLetterCount" | "deadLetterNames">;
  readonly nodes: Pick<NodeViews, "seenBy">;
};

/** The dead letters of the nodes that a reader sees. One of a node that was never stored is for who sees all. */
export const lettersSeenBy = ({ queue, nodes }: LettersDeps, viewer: Pick<Viewer, "nodes">) => {
  const sees = async (names: readonly string[]): Promise<readonly string[]> =>
    viewer.nodes === undefined ? names : [...await nodes.seenBy(viewer).seen(names)];
  const all = async () => viewer.nodes === undefined ? undefined : await sees(await queue.deadLetterNames());

  return {
    async page(page: { readonly limit: number; readonly offset: number; readonly certname?: string | undefined }) {
      const of = page.certname === undefined ? await all() : await sees([page.certname]);
      const among = of === undefined ? {} : { certname: of };
      const [letters, size] = await Promise.all([
        queue.deadLetters({ limit: page.limit, offset: page.offset, ...among }),
        queue.deadLetterCount(of),
      ]);
      return { letters, size };
    },
    count: async (): Promise<number> => await queue.deadLetterCount(await all()),
    async find(id: string): Promise<DeadLetter | undefined> {
      const found = await queue.deadLetter(id);
      return found && (await sees([found.certname])).length > 0 ? found : undefined;
    },
  };
};
