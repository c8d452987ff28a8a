import type { PortBindings } from "../../handlers/http/env.ts";
import { createAccess } from "../../handlers/core/access/access.ts";
import { AppError } from "../../handlers/errors.ts";
import { timestamp } from "../../handlers/interfaces/clock.ts";
import type { DeadLetter } from "../../handlers/interfaces/queue.ts";
import { placeholder, type Redactor } from "../../handlers/interfaces/redactor.ts";
import { seal, type Sealed } from "../../handlers/interfaces/sealed.ts";
import { managementApp, type ManagementDeps } from "../../handlers/management.ts";
import { checkDescribed } from "./described.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { createMemoryDeadLetters } from "./dead-letters.ts";
import { createMemoryDocuments, type MemoryDocuments } from "./documents.ts";
import { createTestIds } from "./ids.ts";
import { createRecordingLog } from "./log.ts";
import { createTestPasswords } from "./passwords.ts";

export const adminPassword = "correct horse battery staple";
export const publicUrl = "http://127.0.0.1:8000";

/** A client of the app: sends its cookie, an Origin, and JSON, and checks each answer against its description. */
export type Caller = {
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  cookie: string | undefined;
  address: string;
};

/**
 * Port 8000 over a store in memory, with the user `admin` in it. Several over one `memory` are several processes on one
 * store; `deps` replaces any part.
 */
export const createTestManagement = async (options: {
  readonly memory?: MemoryDocuments;
  readonly clock?: TestClock;
  readonly seed?: number;
  readonly deps?: Partial<ManagementDeps>;
  readonly letters?: DeadLetter[];
} = {}) => {
  const clock = options.clock ?? createTestClock();
  const memory = options.memory ?? createMemoryDocuments(clock);
  const ids = createTestIds(options.seed ?? 0);
  const log = createRecordingLog();
  const passwords = createTestPasswords();
  const firstChanges: string[] = [];
  const access = createAccess({
    ...memory,
    passwords,
    ids,
    clock,
    onFirstPasswordChange: (user) => void firstChanges.push(user),
  });
  await access.users.createAdmin(adminPassword);
  const values = new Map<string, string>();
  const letters = options.letters ?? [];
  const secrets: ManagementDeps["secrets"] = {
    redactor: () => hiding([...values.values()]),
    async add(value, by) {
      if (value.length < 6) {
        throw new AppError("invalid", "The secret has fewer than 6 characters", { field: "value" });
      }
      const id = ids.uuid();
      const created_at = timestamp(clock.now());
      const fingerprint = `fingerprint of ${[...value].reverse().join("")}`;
      await memory.documents.insert("redactor_secrets", { id, created_at, created_by: by, fingerprint });
      values.set(id, value);
      return { id, created_at };
    },
    remove: (id) => memory.documents.remove("redactor_secrets", id),
  };
  const app = managementApp({
    access,
    secrets,
    documents: memory.documents,
    estate: emptyEstate,
    queue: createMemoryDeadLetters(letters),
    replay: () => Promise.resolve(true),
    clock,
    ids,
    log,
    publicUrl,
    version: "0.0.0",
    ready: () => Promise.resolve(),
    started: () => true,
    ...options.deps,
  });

  /** The environment of a request, as a port's adapter makes it. */
  const env = (bindings: Partial<PortBindings> = {}): PortBindings => ({
    remoteAddress: "192.0.2.1",
    secure: false,
    ...bindings,
  });
  const caller = (): Caller => {
    const call: Caller = Object.assign(
      async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
        const response = await app.request(path, {
          method,
          headers: {
            Origin: publicUrl,
            ...(call.cookie === undefined ? {} : { Cookie: call.cookie }),
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        }, env({ remoteAddress: call.address }));
        await checkDescribed(app, method, path, response);
        const set = response.headers.getSetCookie()[0];
        if (set !== undefined) call.cookie = /Max-Age=0/.test(set) ? undefined : set.split(";")[0];
        return response;
      },
      { cookie: undefined, address: "192.0.2.1" } as { cookie: string | undefined; address: string },
    );
    return call;
  };
  const loggedIn = async (password = adminPassword): Promise<Caller> => {
    const call = caller();
    const response = await call("POST", "/api/v1/authenticate", { user: "admin", password });
    if (response.status !== 201) throw new Error(`Cannot log in: ${response.status} ${await response.text()}`);
    return call;
  };
  return { app, access, memory, clock, log, passwords, letters, firstChanges, env, caller, loggedIn };
};

/** A redactor for texts: what it is for in these tests. */
const hiding = (values: readonly string[]): Redactor => ({
  version: values.length,
  redact: () => {
    throw new Error("Not used here");
  },
  redactText: (sealed: Sealed<string>) => {
    const text = sealed.reveal();
    return values.reduce((shown, value) => shown.replaceAll(value, placeholder), text);
  },
  with: () => hiding(values),
});

/** An estate that no node has sent anything to. */
const emptyEstate: ManagementDeps["estate"] = {
  run: async function* () {},
  count: () => Promise.resolve(0),
  wholeCatalog: () => Promise.resolve(undefined),
  marks: () => Promise.resolve(seal({ values: [], parameters: {} })),
  deleteNode: () => Promise.resolve(false),
};
