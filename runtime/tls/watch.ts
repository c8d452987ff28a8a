import { statSync } from "node:fs";

/**
 * Looks each second whether one of the files is another one than before (size, time, inode) and then calls `changed`. A
 * poll, for it also sees what symbolic links and mounted secrets point to. Returns the end.
 */
export const watchFiles = (
  files: readonly (string | undefined)[],
  changed: () => void,
  everyMs = 1000,
): () => void => {
  const look = () => files.map((file) => (file === undefined ? "" : state(file))).join();
  let last = look();
  const timer = setInterval(() => {
    const now = look();
    if (now === last) return;
    last = now;
    changed();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};

const state = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : "gone";
};
