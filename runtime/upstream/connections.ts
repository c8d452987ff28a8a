import { Agent as HttpAgent, type ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";

/** What we show to the servers behind us, and whom we believe. PEM. */
export type ClientTls = { readonly cert: string; readonly key: string; readonly ca: string | undefined };

/** Makes what TLS can stand on from a TCP socket, where a runtime's TLS sockets don't stop reading on their own. */
export type SocketGate = (tcp: Socket) => { readonly stream: Duplex; follow(reader: TLSSocket): void };

/** Agents for one set of certificates. */
export type Connections = {
  /** `fresh`: a connection of its own, closed after the answer. */
  agent(protocol: string, fresh: boolean): HttpAgent;
  destroy(): void;
};

/** Shorter than any server's own time (Jetty's is 30 s), so that we seldom write to a connection that is just closing. */
const idleMs = 4000;

export const openConnections = (tls: ClientTls, gate: SocketGate | undefined): Connections => {
  const kept = { keepAlive: true, maxFreeSockets: 16, timeout: idleMs } as const;
  const make = (options: typeof kept | { keepAlive: false }) => ({
    http: new HttpAgent(options),
    https: gate ? gatedAgent(tls, gate, options) : new HttpsAgent({ ...options, ...secured(tls) }),
  });
  const pooled = make(kept);
  const single = make({ keepAlive: false });
  return {
    agent: (protocol, fresh) => (fresh ? single : pooled)[protocol === "https:" ? "https" : "http"],
    destroy: () => [pooled.http, pooled.https, single.http, single.https].forEach((agent) => agent.destroy()),
  };
};

const secured = ({ cert, key, ca }: ClientTls) => ({
  cert,
  key,
  ...(ca === undefined ? {} : { ca }),
  minVersion: "TLSv1.2" as const,
  ALPNProtocols: ["http/1.1"],
});

const gatedAgent = (
  tls: ClientTls,
  gateOf: SocketGate,
  options: { keepAlive: boolean; timeout?: number },
): HttpsAgent => {
  const agent = new HttpsAgent(options);
  agent.createConnection = ((target: ClientRequestArgs): Duplex => {
    const host = target.host ?? "localhost";
    const tcp = connectTcp({ host, port: Number(target.port) });
    const gate = gateOf(tcp);
    const socket: TLSSocket = connectTls({
      ...secured(tls),
      socket: gate.stream as Socket,
      host,
      ...(isIP(host) ? {} : { servername: host }),
    });
    gate.follow(socket);
    return socket;
  }) as unknown as HttpsAgent["createConnection"];
  return agent;
};
