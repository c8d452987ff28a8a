import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Issued } from "./certificates.ts";

export type Seen = {
  readonly method: string;
  readonly url: string;
  /** Names in lower case, in the order of the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** Which connection it came on: 1, 2, 3 … */
  readonly connection: number;
  /** The common name of the client's certificate. */
  readonly client: string | undefined;
};

/**
 * A real web server on a free port of 127.0.0.1, with TLS where a certificate is given, that keeps what it was asked once
 * a request is whole. It ends with the test.
 */
export const startWebServer = async (
  answer: (seen: Seen, outgoing: ServerResponse, incoming: IncomingMessage) => unknown = (_, outgoing) =>
    outgoing.end("ok"),
  tls?: { readonly server: Issued; readonly ca: string },
  /** Called before the body is read; true: nothing more is done here. */
  early: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean = () => false,
) => {
  const requests: Seen[] = [];
  const numbers = new Map<Socket, number>();
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!numbers.has(incoming.socket)) numbers.set(incoming.socket, numbers.size + 1);
    incoming.on("error", () => {});
    if (early(incoming, outgoing)) return;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const raw = incoming.rawHeaders;
    const seen: Seen = {
      method: incoming.method ?? "",
      url: incoming.url ?? "",
      headers: raw.flatMap((name, at) => at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ""] as const] : []),
      body: Buffer.concat(chunks),
      connection: numbers.get(incoming.socket)!,
      client: (incoming.socket as { getPeerCertificate?: () => { subject?: { CN?: string } } }).getPeerCertificate?.()
        ?.subject?.CN,
    };
    requests.push(seen);
    answer(seen, outgoing, incoming);
  };
  const server = tls
    ? createTlsServer({
      cert: tls.server.chain,
      key: tls.server.key,
      ca: tls.ca,
      requestCert: true,
      rejectUnauthorized: false,
    }, handle)
    : createServer(handle);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  return { requests, port, url: `${tls ? "https" : "http"}://localhost:${port}`, sockets, stop };
};
