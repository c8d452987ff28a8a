import { readFileSync } from "node:fs";
import { parseCommand } from "../../handlers/core/commands/parse-command.ts";
import { createRedactor, patternsOf } from "../../handlers/core/redaction/redactor.ts";
import type { PortBindings } from "../../handlers/http/env.ts";
import type { Peer } from "../../handlers/interfaces/peer.ts";
import type { Store } from "../../handlers/interfaces/store.ts";
import type { Upstream } from "../../handlers/interfaces/upstream.ts";
import { puppetdbApp, type PuppetdbDeps } from "../../handlers/puppetdb.ts";
import { openSqliteStore } from "../../runtime/storage/sqlite/open.ts";
import { createTestClock } from "./clock.ts";
import { createTestIds } from "./ids.ts";
import { createRecordingLog } from "./log.ts";
import { createTestVault } from "./vault.ts";

export const verified = (certname: string): Peer => ({
  kind: "verified",
  certname,
  serial: "1",
  issuer: "CN=Test CA",
  pem: "",
});

/** Port 8002 over a real store in memory. */
export const createTestPuppetdb = async (changed: Partial<PuppetdbDeps> & { upstream?: Upstream } = {}) => {
  const clock = createTestClock(Date.UTC(2026, 10, 23));
  const log = createRecordingLog();
  const store: Store = await openSqliteStore({ path: ":memory:", vault: await createTestVault(), clock, log });
  const app = puppetdbApp({
    estate: store.estate,
    queue: store.queue,
    parse: parseCommand,
    redactor: () => createRedactor({ patterns: patternsOf(["hunter2-tls"]), version: 1 }),
    upstream: undefined,
    access: { allow: ["puppet.example.test"], allowQueries: ["dashboard.example.test"], plain: false },
    limits: { body: 1_000_000, payload: 2_000_000 },
    clock,
    ids: createTestIds(),
    log,
    ready: store.ping,
    started: () => true,
    ...changed,
  });
  const ask = (path: string, init: RequestInit = {}, peer: Peer | undefined = verified("puppet.example.test")) => {
    const env: PortBindings = { remoteAddress: "127.0.0.1", secure: true, ...(peer ? { peer } : {}) };
    return Promise.resolve(app.request(path, init, env));
  };
  const send = (params: Record<string, string>, body: BodyInit, headers: Record<string, string> = {}, peer?: Peer) =>
    ask(`/pdb/cmd/v1?${new URLSearchParams(params)}`, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    }, peer ?? verified("puppet.example.test"));
  return { app, ask, send, store, log, clock };
};

export type Recorded = { readonly file: string; readonly params: Readonly<Record<string, string>> };
const folder = new URL("../fixtures/puppet/commands/", import.meta.url);
/** The recorded commands, in the order in which they were sent. */
export const recordedCommands: readonly Recorded[] = JSON.parse(readFileSync(new URL("order.json", folder), "utf8"));
export const bodyOf = ({ file }: Recorded): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(file, folder)));
