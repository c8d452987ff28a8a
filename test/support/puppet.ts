import { createGate } from "../../handlers/core/gate.ts";
import type { Peer } from "../../handlers/interfaces/peer.ts";
import type { Upstream, UpstreamRequest } from "../../handlers/interfaces/upstream.ts";
import { puppetApp, type PuppetDeps } from "../../handlers/puppet.ts";
import type { PassedCatalog } from "../../handlers/core/commands/whole-catalog.ts";
import { createTestClock } from "./clock.ts";
import { createTestIds } from "./ids.ts";
import { createRecordingLog } from "./log.ts";

/** A Puppetserver in memory: keeps what it was asked, answers as told. */
export const recordingUpstream = (
  answer: (request: UpstreamRequest) => Response | Promise<Response> = () => new Response("ok"),
) => {
  const requests: (UpstreamRequest & { readonly text: string })[] = [];
  const upstream: Upstream = {
    fetch: async (request) => {
      const text = request.body === null ? "" : await new Response(request.body).text();
      requests.push({ ...request, text });
      return answer(request);
    },
  };
  return { upstream, requests };
};

/** Port 8001's app with hand-made parts, and what came of it. */
export const createPuppetApp = (deps: Partial<PuppetDeps> = {}) => {
  const log = createRecordingLog();
  const kept: PassedCatalog[] = [];
  const { upstream, requests } = recordingUpstream();
  const app = puppetApp({
    upstream,
    gate: createGate({ concurrency: 4, queue: 4, maxWaitMs: 5000, random: () => 0 }),
    catalogs: { keep: (seen) => void kept.push(seen) },
    trustedCns: ["trusted.example.test"],
    limits: { body: 1000, catalog: 10_000, catalogsTotal: 20_000 },
    clock: createTestClock(),
    ids: createTestIds(),
    log,
    ready: () => Promise.resolve(),
    started: () => true,
    ...deps,
  });
  return { app, requests, kept, log };
};

export const verified = (certname: string): Peer => ({
  kind: "verified",
  certname,
  serial: "1",
  issuer: "CN=Test root",
  pem: "-----BEGIN CERTIFICATE-----\n",
});
