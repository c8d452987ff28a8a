import { AppError } from "../../handlers/errors.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { Upstream, UpstreamRequest } from "../../handlers/interfaces/upstream.ts";
import { type ClientTls, type Connections, openConnections, type SocketGate } from "./connections.ts";
import { exchange, NotConnected, StaleConnection } from "./exchange.ts";

export type UpstreamOptions = {
  /** Origins: https://host:port or http://host:port. */
  readonly urls: readonly string[];
  /** Asked at each request: what is new counts for the next connection. */
  readonly tls: () => ClientTls;
  /** What TLS has to stand on in this runtime; undefined where its sockets hold back by themselves. */
  readonly gate: SocketGate | undefined;
  /** Milliseconds until the connection, TLS included, has to stand. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds in which no byte came or went, the wait for a compilation included. */
  readonly idleTimeoutMs?: number;
  readonly clock: Clock;
  readonly log: Log;
};

const restMs = 10_000;

type Server = { readonly url: URL; restsUntil: number; running: number };

/**
 * The servers behind a port over node:https, on both runtimes: requests and answers stream, bytes and headers pass as they
 * are, certificates are verified against the given authorities and the server's name. The server with the fewest requests
 * is asked; the next one only where no connection was made. Where all rest, the one that rested longest is tried.
 */
export const createUpstream = (options: UpstreamOptions): Upstream & { close(): void } => {
  const { clock, log } = options;
  const servers: Server[] = options.urls.map((url) => ({ url: new URL(url), restsUntil: 0, running: 0 }));
  const times = {
    connectTimeoutMs: options.connectTimeoutMs ?? 5000,
    idleTimeoutMs: options.idleTimeoutMs ?? 600_000,
  };
  let current: { readonly tls: ClientTls; readonly connections: Connections } | undefined;

  const connections = (): Connections => {
    const tls = options.tls();
    const same = current && current.tls.cert === tls.cert && current.tls.key === tls.key && current.tls.ca === tls.ca;
    if (!same) {
      const old = current;
      current = { tls, connections: openConnections(tls, options.gate) };
      // What still runs on the old certificates may end; its connections are not kept after that.
      if (old) setTimeout(() => old.connections.destroy(), times.idleTimeoutMs).unref();
    }
    return current!.connections;
  };

  const ask = async (server: Server, request: UpstreamRequest): Promise<Response> => {
    // A body can't be sent twice, so it doesn't go over a kept connection, which the server may be closing just now.
    const fresh = request.body !== null;
    try {
      return await exchange(server.url, connections().agent(server.url.protocol, fresh), request, times);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return await exchange(server.url, connections().agent(server.url.protocol, true), request, times);
    }
  };

  return {
    fetch: async (request) => {
      const untried = new Set(servers);
      let reason: unknown;
      while (untried.size > 0) {
        const server = choose([...untried], clock.now(), untried.size < servers.length);
        if (!server) break;
        untried.delete(server);
        server.running++;
        try {
          return await ask(server, request);
        } catch (error) {
          request.signal.throwIfAborted();
          if (!(error instanceof NotConnected)) throw error;
          server.restsUntil = clock.now() + restMs;
          reason = error.cause;
          log.warn("Server behind us cannot be reached", { url: server.url.origin, error: error.cause });
        } finally {
          server.running--;
        }
      }
      throw new AppError(
        "upstream_failed",
        `Cannot reach ${servers.map(({ url }) => `"${url.origin}"`).join(" or ")}`,
        {
          cause: reason,
        },
      );
    },
    close: () => current?.connections.destroy(),
  };
};

/** Of those awake the one with the least to do, the first named on a draw; where all rest and none was tried, the longest resting. */
const choose = (servers: readonly Server[], now: number, tried: boolean): Server | undefined => {
  const awake = servers.filter(({ restsUntil }) => restsUntil <= now);
  const least = (a: Server, b: Server) => a.running - b.running;
  if (awake.length > 0) return awake.toSorted(least)[0];
  return tried ? undefined : servers.toSorted((a, b) => a.restsUntil - b.restsUntil)[0];
};
