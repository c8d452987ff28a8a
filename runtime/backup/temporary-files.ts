import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";

/** Files that hold a store's content in the clear for a while: only their owner may read them, and they go in any case. */
export type TemporaryFiles = {
  /** Makes an empty one of mode 0600 beside a path; those that an earlier process had to leave there are removed. */
  beside(path: string): string;
  /** A file that is to go with them, if it still has its name and this inode then. */
  also(file: string, inode: number): void;
  remove(file: string): void;
};

/** A file that nobody wrote to for that long belongs to a process that was killed. */
const abandonedMs = 3_600_000;
/** SQLite's own files beside a database. */
const companions = ["", "-journal", "-wal", "-shm"];

/** Does the work, and removes its temporary files whether it succeeds, fails, or is ended by SIGINT or SIGTERM. */
export const withTemporaryFiles = async <T>(work: (files: TemporaryFiles) => Promise<T>): Promise<T> => {
  const made = new Set<string>();
  const remove = (file: string): void => {
    for (const each of companions) rmSync(file + each, { force: true });
    made.delete(file);
  };
  const others = new Map<string, number>();
  const removeAll = () => {
    made.forEach(remove);
    for (const [file, inode] of others) {
      if (statSync(file, { throwIfNoEntry: false })?.ino === inode) rmSync(file, { force: true });
    }
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  const ended = (signal: NodeJS.Signals): void => {
    removeAll();
    release();
    // by the signal itself: an exit would wait for a thread that is within a statement of SQLite
    process.kill(process.pid, signal);
  };
  const release = () => signals.forEach((signal) => process.removeListener(signal, ended));
  signals.forEach((signal) => process.on(signal, ended));
  try {
    return await work({
      beside: (path) => {
        removeAbandoned(path);
        const file = `${path}.tmp-${randomBytes(6).toString("hex")}`;
        made.add(file);
        closeSync(openSync(file, "wx", 0o600));
        return file;
      },
      also: (file, inode) => void others.set(file, inode),
      remove,
    });
  } finally {
    release();
    removeAll();
  }
};

const removeAbandoned = (path: string): void => {
  const prefix = `${basename(path)}.tmp-`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{12}(-journal|-wal|-shm)?$/.test(name.slice(prefix.length))) continue;
    const file = join(dirname(path), name);
    const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    if (Date.now() - mtimeMs > abandonedMs) rmSync(file, { force: true });
  }
};
