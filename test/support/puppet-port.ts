import { type Agent, type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { onTestFinished } from "vitest";
import { createGate } from "../../handlers/core/gate.ts";
import { puppetApp, type PuppetDeps } from "../../handlers/puppet.ts";
import type { PassedCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import { socketGate } from "../../runtime/ports/gated-socket.ts";
import { listenPort, type PortOptions } from "../../runtime/ports/listen-port.ts";
import { systemClock, systemIds } from "../../runtime/system.ts";
import { createTrust } from "../../runtime/tls/trust.ts";
import { createUpstream } from "../../runtime/upstream/create-upstream.ts";
import { type Authority, createAuthority, type Issued } from "./certificates.ts";
import { createRecordingLog } from "./log.ts";
import { startWebServer } from "./web-server.ts";

/** An estate's certificates: a root, an intermediate below it that signed everything, another estate's node. */
export type Estate = {
  readonly root: Authority;
  readonly ca: Authority;
  readonly bundle: string;
  readonly server: Issued;
  readonly web01: Issued;
  readonly stranger: Issued;
};

export const createEstate = async (): Promise<Estate> => {
  const root = await createAuthority("Test root");
  const ca = await root.intermediate("Test CA");
  return {
    root,
    ca,
    bundle: ca.cert + root.cert,
    server: await ca.issue("puppet"),
    web01: await ca.issue("web01.example.test"),
    stranger: await (await createAuthority("Test root")).issue("web01.example.test"),
  };
};

export type Answer = Parameters<typeof startWebServer>[0];

/** Port 8001 as it runs, with a Puppetserver of the test's behind it. Ends with the test. */
export const startPuppetPort = async (
  estate: Estate,
  options: {
    readonly answer?: Answer;
    readonly early?: Parameters<typeof startWebServer>[2];
    readonly app?: Partial<PuppetDeps>;
    readonly port?: Partial<PortOptions>;
    readonly plain?: boolean;
  } = {},
) => {
  const { server, bundle } = estate;
  const log = createRecordingLog();
  const trust = createTrust({ clock: systemClock, log });
  trust.setAuthorities(bundle);
  const web = await startWebServer(options.answer, { server, ca: bundle }, options.early);
  const upstream = createUpstream({
    urls: [web.url],
    tls: () => ({ cert: server.chain, key: server.key, ca: bundle }),
    gate: socketGate,
    clock: systemClock,
    log,
  });
  const kept: PassedCatalog[] = [];
  const app = puppetApp({
    upstream,
    gate: createGate({ concurrency: 2, queue: 2, maxWaitMs: 5000, random: () => 0 }),
    catalogs: { keep: (seen) => void kept.push(seen) },
    trustedCns: [],
    limits: { body: 100_000_000, catalog: 10_000_000, catalogsTotal: 20_000_000 },
    clock: systemClock,
    ids: systemIds,
    log,
    ready: () => Promise.resolve(),
    started: () => true,
    ...options.app,
  });
  const port = await listenPort({
    listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
    ...(options.plain ? {} : { tls: { cert: server.chain, key: server.key, ca: bundle } }),
    identify: trust.identify,
    fetch: (request, bindings) => app.fetch(request, bindings),
    log,
    ...options.port,
  });
  onTestFinished(async () => {
    await port.close(100);
    upstream.close();
  });
  return { port: port.port, listener: port, trust, web, kept, log };
};

export type Ask = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: Uint8Array | string;
  readonly as?: Pick<Issued, "chain" | "key">;
  readonly agent?: Agent;
  readonly plain?: boolean;
  readonly socketPath?: string;
};

export type Got = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
};

/** Asks a port as a client would, with a certificate or without. The server's certificate is verified. */
export const ask = (estate: Estate, port: number, what: Ask = {}): Promise<Got> =>
  new Promise((resolve, reject) => {
    const secure = !what.plain;
    const request = (secure ? httpsRequest : httpRequest)({
      ...(what.socketPath ? { socketPath: what.socketPath } : { host: "127.0.0.1", port }),
      method: what.method ?? "GET",
      path: what.path ?? "/",
      headers: what.headers ?? {},
      agent: what.agent ?? false,
      ...(secure ? { ca: estate.bundle, servername: "localhost" } : {}),
      ...(what.as ? { cert: what.as.chain, key: what.as.key } : {}),
    }, async (response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) chunks.push(chunk as Buffer);
      } catch (error) {
        reject(error);
        return;
      }
      const body = Buffer.concat(chunks);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        body,
        text: body.toString(),
      });
    });
    request.on("error", reject);
    request.end(what.body);
  });

/** Sends bytes as they are and gives back everything that comes until the connection ends. */
export const sendRaw = (
  estate: Estate,
  port: number,
  text: string,
  as?: Pick<Issued, "chain" | "key">,
  plain = false,
): Promise<string> =>
  new Promise((resolve) => {
    const socket = plain ? connectTcp(port, "127.0.0.1") : connectTls({
      host: "127.0.0.1",
      port,
      ca: estate.bundle,
      servername: "localhost",
      ...(as ? { cert: as.chain, key: as.key } : {}),
    });
    let got = "";
    socket.on("data", (chunk) => got += chunk.toString("latin1"));
    socket.on("error", () => {});
    socket.on("close", () => resolve(got));
    socket.write(text);
  });
