import type { PortBindings } from "../../handlers/http/env.ts";
import { createAccess } from "../../handlers/core/access/access.ts";
import { createAudit } from "../../handlers/core/audit/audit.ts";
import { createMembers } from "../../handlers/core/members.ts";
import { createNodeGroups } from "../../handlers/core/node-groups/node-groups.ts";
import { createNodes } from "../../handlers/core/nodes/nodes.ts";
import { createRemoveNode } from "../../handlers/core/nodes/remove-node.ts";
import { AppError } from "../../handlers/errors.ts";
import type { Changes } from "../../handlers/interfaces/changes.ts";
import { timestamp } from "../../handlers/interfaces/clock.ts";
import type { DeadLetter } from "../../handlers/interfaces/queue.ts";
import { placeholder, type Redactor } from "../../handlers/interfaces/redactor.ts";
import { type Sealed } from "../../handlers/interfaces/sealed.ts";
import { managementApp, type ManagementDeps } from "../../handlers/management.ts";
import { checkDescribed } from "./described.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { createMemoryQueue } from "./dead-letters.ts";
import { createMemoryDocuments, type MemoryDocuments } from "./documents.ts";
import { createTestIds } from "./ids.ts";
import { emptyEstate } from "./empty-store.ts";
import { createRecordingLog } from "./log.ts";
import { createTestPasswords } from "./passwords.ts";
import { createTestVault } from "./vault.ts";

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
    log,
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
    rules: noRules,
  };
  const estate = options.deps?.estate ?? emptyEstate;
  const queue = createMemoryQueue(letters);
  const vault = await createTestVault();
  const redactor = () => (options.deps?.secrets ?? secrets).redactor();
  const audit = options.deps?.audit ?? createAudit({ documents: memory.documents, vault, clock, ids, log, redactor });
  const app = managementApp({
    access,
    secrets,
    documents: memory.documents,
    changes: options.deps?.changes ?? unfollowed(),
    estate,
    nodes: createNodes({ estate, redactor, clock }),
    queue,
    vault,
    audit,
    groups: createNodeGroups({ documents: memory.documents, estate, clock }),
    members: createMembers({ documents: memory.documents, clock }),
    removeNode: createRemoveNode({ estate, queue }),
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

/** Nothing is hidden by its place. */
export const noRules: ManagementDeps["secrets"]["rules"] = {
  list: () => Promise.resolve([]),
  add: () => Promise.reject(new AppError("internal", "Not used here")),
  remove: () => Promise.resolve(false),
};

/** A redactor that knows nothing but the values. */
const hiding = (values: readonly string[]): Redactor => ({
  version: values.length,
  redact: (sealed) => {
    const text = values.reduce((shown, value) => shown.replaceAll(value, placeholder), sealed.reveal());
    return { text, value: JSON.parse(text) };
  },
  redactText: (sealed: Sealed<string>) => {
    const text = sealed.reveal();
    return values.reduce((shown, value) => shown.replaceAll(value, placeholder), text);
  },
  with: () => hiding(values),
});

/** Says that all has changed each time that it is asked: for a store whose changes the test does not follow. */
const unfollowed = (): Changes => {
  let version = 0;
  return { version: () => ++version, subscribe: () => () => {} };
};
