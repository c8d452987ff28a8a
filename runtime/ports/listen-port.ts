import { getRequestListener } from "@hono/node-server";
import type { IncomingMessage, ServerOptions } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { PortBindings } from "../../handlers/http/env.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import { bindingsOf, certificateOf } from "./bindings.ts";
import type { Identify, IngressOptions } from "./ingress.ts";
import { type ListenAt, listenAt } from "./listen-at.ts";
import { discardRest, respond } from "./respond.ts";
import { unreadable } from "./unreadable.ts";
import { plainServer, type PortTls, tlsServer } from "./server.ts";
import { cutStalled, type Exchange } from "./stalled.ts";

export type PortOptions = {
  readonly listen: ListenAt;
  /** Undefined: plain HTTP. */
  readonly tls?: PortTls;
  /** Ports 8001 and 8002: client certificates are asked for, and this says whom one stands for, at every request. */
  readonly identify?: Identify;
  readonly ingress?: IngressOptions;
  readonly trustedProxies?: readonly string[];
  readonly fetch: (request: Request, bindings: PortBindings) => Response | Promise<Response>;
  /** Takes a WebSocket upgrade and returns true; what it leaves is refused and closed. */
  readonly upgrade?: Upgrade;
  readonly limits?: Partial<PortLimits>;
  readonly log: Log;
};

export type Upgrade = (
  incoming: IncomingMessage,
  socket: Socket,
  head: Buffer,
  bindings: PortBindings,
) => boolean | Promise<boolean>;

export type PortLimits = {
  readonly connections: number;
  /** Bytes of all headers of a request; an ingress puts a whole certificate into one. */
  readonly headerBytes: number;
  /** Milliseconds for the handshake and the headers; for a whole request, a long upload included; of a stalled body. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly stalledMs: number;
  readonly keepAliveMs: number;
};

const defaults: PortLimits = {
  connections: 10_000,
  headerBytes: 32 * 1024,
  headersMs: 20_000,
  requestMs: 3_600_000,
  stalledMs: 60_000,
  keepAliveMs: 75_000,
};

export type Port = {
  /** `127.0.0.1:8001`, `[::1]:8001` or `unix:/path`. */
  readonly address: string;
  /** The number that was given by the system where 0 was asked for; 0 for a unix socket. */
  readonly port: number;
  reload(tls: PortTls): void;
  /** Asks again who is at the other end of each open connection, and closes those whose certificate is revoked by now. */
  recheck(): Promise<void>;
  /** Takes no more connections, closes the idle ones, lets what runs end for up to `graceMs`, then cuts it. */
  close(graceMs?: number): Promise<void>;
};

/**
 * Opens one of the three ports: HTTP/1.1, with TLS 1.2 or later where `tls` is given, the same on Node and on Deno. What a
 * client breaks at the level of TLS or HTTP is answered 400 or closed, and logged at `debug`. Throws what `listen` throws.
 */
export const listenPort = async (options: PortOptions): Promise<Port> => {
  const { log } = options;
  const limits = { ...defaults, ...options.limits };
  const http: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5000, limits.headersMs / 2),
    noDelay: true,
  };
  const made = options.tls ? tlsServer(http, options.tls, options.identify !== undefined) : plainServer(http);
  const { server } = made;
  server.maxConnections = limits.connections;
  const bindings = bindingsOf({ ...options, tcpOf: made.tcpOf, authorized: made.authorized });

  const sockets = new Map<Socket, number>();
  const exchanges = new Set<Exchange>();
  let closing = false;
  const open = (socket: Socket) => {
    if (sockets.has(socket)) return;
    sockets.set(socket, 0);
    socket.once("close", () => sockets.delete(socket));
  };
  const busy = (socket: Socket, change: 1 | -1) => {
    open(socket);
    const count = (sockets.get(socket) ?? 0) + change;
    if (!socket.destroyed) sockets.set(socket, count);
    if (closing && count === 0) socket.destroySoon();
  };

  const listener = getRequestListener(async (request, env) => {
    const { incoming, outgoing } = env as Exchange;
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort(new DOMException("The client went away", "AbortError"));
    });
    const response = await options.fetch(request, { ...await bindings(incoming), signal: gone.signal });
    await respond(response, outgoing, closing).catch((error) => {
      if (!gone.signal.aborted) log.warn("Response was cut off", { error });
    });
    return alreadySent();
  }, {
    overrideGlobalObjects: false,
    autoCleanupIncoming: false,
    errorHandler: (error) => {
      const bad = error instanceof Error && error.name === "RequestError";
      if (!bad) log.error("Request failed", { error });
      return new Response(bad ? "Bad request\n" : "Internal server error\n", {
        status: bad ? 400 : 500,
        headers: { "Content-Type": "text/plain" },
      });
    },
  });

  server.on("request", (incoming, outgoing) => {
    const exchange = { incoming, outgoing };
    // a destroyed request has no socket any more
    const { socket } = incoming;
    exchanges.add(exchange);
    busy(socket, 1);
    outgoing.once("finish", () => discardRest(incoming));
    outgoing.once("close", () => {
      exchanges.delete(exchange);
      busy(socket, -1);
    });
    void listener(incoming, outgoing);
  });
  // Every TCP socket, to be cut at the end; and those that requests come on, to be closed where idle.
  const below = new Set<Socket>();
  server.on("connection", (tcp: Socket) => {
    below.add(tcp);
    tcp.once("close", () => below.delete(tcp));
    if (!options.tls) open(tcp);
  });
  server.on("secureConnection", open);
  server.on("upgrade", async (incoming, socket: Socket, head) => {
    socket.on("error", () => socket.destroy());
    try {
      const gone = new AbortController();
      socket.once("close", () => gone.abort());
      const known = { ...await bindings(incoming), signal: gone.signal };
      if (!closing && await options.upgrade?.(incoming, socket, head, known)) return;
    } catch (error) {
      log.error("Upgrade failed", { error });
    }
    socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
    log.debug("Client sent no HTTP that can be read", { code: error.code, reason: error.message });
    if (socket.writable && error.code !== "ECONNRESET" && !error.code?.startsWith("ERR_SSL")) {
      socket.end(unreadable(error.code, options.identify === undefined), () => socket.destroy());
    } else socket.destroy();
  });
  server.on("tlsClientError", (error: Error & { code?: string }, socket: Socket) => {
    log.debug("TLS handshake failed", { code: error.code, reason: error.message });
    socket.destroy();
  });

  await listenAt(server, options.listen);
  server.on("error", (error) => log.error("Listener failed", { error }));
  const stopCutting = cutStalled(exchanges, limits.stalledMs, () => log.debug("Stalled connection was cut"));
  const at = server.address() as AddressInfo | string | null;
  const port = at !== null && typeof at === "object" ? at.port : 0;
  return {
    address: showAddress(options.listen, port),
    port,
    reload: made.reload,
    recheck: async () => {
      const check = async (socket: Socket) => {
        const certificate = options.identify && certificateOf(socket);
        const peer = certificate && await options.identify?.(certificate);
        if (peer?.kind !== "anonymous" || !["revoked", "not registered"].includes(peer.reason)) return;
        log.info("Connection of a revoked certificate was closed", { address: made.tcpOf(socket).remoteAddress });
        socket.destroy();
      };
      // one that cannot be checked must not shield those after it
      const checked = await Promise.allSettled([...sockets.keys()].map(check));
      const failed = checked.find((each) => each.status === "rejected");
      if (failed) throw failed.reason;
    },
    close: async (graceMs = 10_000) => {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, running] of sockets) if (running === 0) socket.destroySoon();
      const timer = setTimeout(() => {
        for (const socket of [...sockets.keys(), ...below]) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
      stopCutting();
    },
  };
};

/** Tells @hono/node-server that the answer is out. */
const alreadySent = () => new Response(null, { headers: { "x-hono-already-sent": "true" } });

const showAddress = (listen: PortOptions["listen"], port: number): string =>
  listen.kind === "unix"
    ? `unix:${listen.path}`
    : `${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${port}`;
