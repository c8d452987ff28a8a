import { createServer, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { type SocketGate, socketGate } from "./gated-socket.ts";

/** What a listener shows, and whom its TLS library believes. PEM; the certificate with the intermediates that belong to it. */
export type PortTls = { readonly cert: string; readonly key: string; readonly ca: string | undefined };

export type PortServer = {
  readonly server: Server;
  /** New connections get the new material; those that stand keep theirs. */
  reload(tls: PortTls): void;
  /** The TCP socket below a connection: it has the address. */
  tcpOf(socket: Socket): Socket;
  /** What the TLS library found of the peer's certificate. We verify it by ourselves besides. */
  authorized(socket: Socket): boolean;
};

const minVersion = "TLSv1.2";
const ALPNProtocols = ["http/1.1"];

/** A server of plain HTTP, for a loopback address, a unix socket or a TLS-ending ingress in front. */
export const plainServer = (options: ServerOptions): PortServer => ({
  server: createServer(options),
  reload: () => {},
  tcpOf: (socket) => socket,
  authorized: () => false,
});

/** A server of HTTPS that asks for a client certificate when `requestCert` is set, and lets everyone in all the same. */
export const tlsServer = (options: ServerOptions, tls: PortTls, requestCert: boolean): PortServer =>
  socketGate ? gatedServer(options, tls, requestCert, socketGate) : nativeServer(options, tls, requestCert);

const contextOf = ({ cert, key, ca }: PortTls) =>
  ({ cert, key, minVersion, ...(ca === undefined ? {} : { ca }) }) as const;

const nativeServer = (options: ServerOptions, tls: PortTls, requestCert: boolean): PortServer => {
  const server: TlsServer = createTlsServer({
    ...options,
    ...contextOf(tls),
    ALPNProtocols,
    requestCert,
    rejectUnauthorized: false,
    handshakeTimeout: options.headersTimeout ?? 20_000,
  });
  return {
    server,
    reload: (next) => server.setSecureContext(contextOf(next)),
    tcpOf: (socket) => socket,
    authorized: (socket) => (socket as TLSSocket).authorized === true,
  };
};

/**
 * Deno's TLS sockets don't stop reading when they are paused. Here the HTTP server listens on plain TCP, each connection
 * is gated, and TLS is put on top of the gate. The handshake's own time is bounded by the server's `headersTimeout`.
 */
const gatedServer = (options: ServerOptions, tls: PortTls, requestCert: boolean, gateOf: SocketGate): PortServer => {
  const server = createServer(options);
  const below = new WeakMap<Socket, Socket>();
  let secureContext: SecureContext = createSecureContext(contextOf(tls));
  const serve = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  server.on("connection", (tcp: Socket) => {
    const gate = gateOf(tcp);
    const socket = new TLSSocket(gate.stream, {
      isServer: true,
      secureContext,
      ALPNProtocols,
      requestCert,
      rejectUnauthorized: false,
    });
    below.set(socket, tcp);
    socket.on("error", () => socket.destroy());
    gate.follow(socket);
    server.emit("secureConnection", socket);
    for (const listener of serve) listener.call(server, socket);
  });
  return {
    server,
    reload: (next) => {
      secureContext = createSecureContext(contextOf(next));
    },
    tcpOf: (socket) => below.get(socket) ?? socket,
    // A TLS socket without a TLS server has no `authorized`. That the peer holds the key was checked in the handshake.
    authorized: (socket) => !(socket as Verifying).ssl?.verifyError?.(),
  };
};

type Verifying = Socket & { readonly ssl?: { verifyError?(): unknown } };
