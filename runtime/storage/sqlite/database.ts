import { DatabaseSync } from "node:sqlite";
import { RE2JS } from "re2js";

export type { DatabaseSync };

/** What a worker and the main thread share to end a statement: [0] is 1 once it is to end. */
export type Abort = Int32Array<SharedArrayBuffer>;

export type Ticker = {
  /** Arms `tick()` for the statement that is stepped next. */
  arm(deadline: number, abort: Abort | undefined): void;
};

/**
 * Opens a connection. `tick()` stands in every query and throws once its time is over or it is called off, since
 * node:sqlite has no interrupt; `matches(pattern, text)` is a linear-time regular expression.
 */
export const openDatabase = (path: string, readOnly: boolean): { db: DatabaseSync; ticker: Ticker } => {
  const db = new DatabaseSync(path, { readOnly: readOnly && path !== ":memory:" });
  db.exec(
    "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY",
  );
  let deadline = 0;
  let abort: Abort | undefined;
  db.function("tick", { varargs: true }, () => {
    if (abort && Atomics.load(abort, 0) === 1) throw new Error("hoppetdb: called off");
    if (Date.now() > deadline) throw new Error("hoppetdb: too long");
    return 1;
  });
  const patterns = new Map<string, RE2JS>();
  db.function("matches", { deterministic: true }, (pattern, text) => {
    if (typeof text !== "string") return null;
    let compiled = patterns.get(String(pattern));
    if (!compiled) {
      if (patterns.size > 200) patterns.clear();
      patterns.set(String(pattern), compiled = RE2JS.compile(String(pattern)));
    }
    return compiled.matcher(text).find() ? 1 : 0;
  });
  return {
    db,
    ticker: {
      arm: (until, flag) => {
        deadline = until;
        abort = flag;
      },
    },
  };
};
