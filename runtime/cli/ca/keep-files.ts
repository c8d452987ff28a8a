import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export type NewFile = { readonly path: string; readonly text: string; readonly mode: number };

/** Makes a folder, and those above it; one that is there stays as it is. */
export const makeFolder = (path: string, mode: number): void => void mkdirSync(path, { recursive: true, mode });

/**
 * Writes files aside; `keep` puts them in their places, whole, and `discard` takes them away. None is ever readable for
 * others in between.
 */
export const draftFiles = (files: readonly NewFile[]): { readonly keep: () => void; readonly discard: () => void } => {
  const drafts: { readonly draft: string; readonly path: string; readonly mode: number }[] = [];
  const discard = () => {
    for (const { draft } of drafts.splice(0)) rmSync(draft, { force: true });
  };
  try {
    for (const { path, text, mode } of files) {
      makeFolder(dirname(path), 0o755);
      const draft = `${path}.${crypto.randomUUID()}`;
      writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
      drafts.push({ draft, path, mode });
    }
  } catch (error) {
    discard();
    throw error;
  }
  return {
    keep: () => {
      for (const { draft, path, mode } of drafts.splice(0)) {
        chmodSync(draft, mode);
        renameSync(draft, path);
      }
    },
    discard,
  };
};
