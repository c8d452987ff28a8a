import { createAccess } from "../../handlers/core/access/access.ts";
import { createNodes } from "../../handlers/core/nodes/nodes.ts";
import { createRemoveNode } from "../../handlers/core/nodes/remove-node.ts";
import type { DeadLetter } from "../../handlers/interfaces/queue.ts";
import type { Redactor } from "../../handlers/interfaces/redactor.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import { errorPage } from "../../handlers/ui/error-page.ts";
import { ui, type UiDeps } from "../../handlers/ui/ui.ts";
import type { TestClock } from "./clock.ts";
import { createMemoryQueue } from "./dead-letters.ts";
import { createMemoryDocuments } from "./documents.ts";
import { type ReadPage, readPage } from "./html.ts";
import { createTestIds } from "./ids.ts";
import { createRecordingLog } from "./log.ts";
import { adminPassword, createTestManagement, publicUrl } from "./management.ts";
import { createTestPasswords } from "./passwords.ts";

export type Answer = ReadPage & {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** Where it sends the browser. */
  readonly location: string | null;
};

/** A browser without scripts: keeps its cookie, says where its requests come from. */
export type Browser = {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, form?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  cookie: string | undefined;
};

/** Port 8000 with its pages over a store. */
export const createTestPages = async (options: {
  readonly store: Store;
  readonly clock: TestClock;
  readonly redactor: () => Redactor;
  readonly letters?: DeadLetter[];
  readonly deps?: Partial<UiDeps>;
}) => {
  const { store, clock, redactor } = options;
  const memory = createMemoryDocuments(clock);
  const log = createRecordingLog();
  const access = createAccess({ ...memory, passwords: createTestPasswords(), ids: createTestIds(1), clock, log });
  const queue = createMemoryQueue(options.letters ?? []);
  const secrets = {
    redactor,
    add: () => Promise.reject(new Error("Not used here")),
    remove: () => Promise.resolve(false),
    rules: {
      list: () => Promise.resolve([]),
      add: () => Promise.reject(new Error("Not used here")),
      remove: () => Promise.resolve(false),
    },
  };
  const pages = ui({
    nodes: createNodes({ estate: store.estate, redactor, clock }),
    removeNode: createRemoveNode({ estate: store.estate, queue }),
    access,
    queue,
    replay: () => Promise.resolve(true),
    secrets,
    documents: memory.documents,
    clock,
    publicUrl,
    ...options.deps,
  });
  const management = await createTestManagement({
    memory,
    clock,
    deps: { estate: store.estate, secrets, queue, ui: pages, errorPage },
  });
  const browser = (): Browser => {
    const ask = async (path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Answer> => {
      const cookie: Record<string, string> = made.cookie === undefined ? {} : { Cookie: made.cookie };
      const headers = { Accept: "text/html,*/*;q=0.8", ...cookie, ...init.headers };
      const response = await management.app.request(path, { ...init, headers }, management.env());
      const set = response.headers.getSetCookie()[0];
      if (set !== undefined) made.cookie = /Max-Age=0/.test(set) ? undefined : set.split(";")[0];
      const html = await response.text();
      const location = response.headers.get("Location");
      return { ...readPage(html), status: response.status, headers: response.headers, html, location };
    };
    const made: Browser = {
      cookie: undefined,
      get: (path, headers = {}) => ask(path, { headers }),
      post: (path, form = {}, headers = {}) =>
        ask(path, {
          method: "POST",
          body: new URLSearchParams(form).toString(),
          headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: publicUrl, ...headers },
        }),
    };
    return made;
  };
  const loggedIn = async (): Promise<Browser> => {
    const made = browser();
    const answer = await made.post("/login", { user: "admin", password: adminPassword });
    if (answer.status !== 303) throw new Error(`Cannot log in: ${answer.status} ${answer.text}`);
    return made;
  };
  return { ...management, memory, browser, loggedIn };
};
