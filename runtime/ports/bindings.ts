import type { IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { PortBindings } from "../../handlers/http/env.ts";
import type { Peer } from "../../handlers/interfaces/peer.ts";
import { dropIdentityHeaders, headerValues } from "./headers.ts";
import { type Identify, type IngressOptions, ingressPeer } from "./ingress.ts";
import { networks, plainAddress } from "./networks.ts";

export type BindingsOptions = {
  /** Ports 8001 and 8002: says who a verified certificate stands for. Without it the port knows no peers. */
  readonly identify?: Identify;
  readonly ingress?: IngressOptions;
  /** Port 8000: whose X-Forwarded-For and -Proto count. */
  readonly trustedProxies?: readonly string[];
  /** The TCP socket below a connection. */
  readonly tcpOf: (socket: Socket) => Socket;
  /** Whether the handshake itself found the peer's certificate good. */
  readonly authorized: (socket: Socket) => boolean;
};

/**
 * Makes what a handler is told about a connection, anew for each request: a certificate that expired or was revoked while
 * its connection was kept alive is refused at the next request. The signal is the caller's to add.
 */
export const bindingsOf = (options: BindingsOptions) => {
  const { identify } = options;
  const fromIngress = identify && options.ingress && ingressPeer(options.ingress, identify);
  const trusted = networks(options.trustedProxies ?? []);

  const peerOf = async (incoming: IncomingMessage, remoteAddress: string): Promise<Peer> => {
    const certificate = certificateOf(incoming.socket);
    const behindIngress = await fromIngress?.(incoming, remoteAddress);
    if (behindIngress) return behindIngress;
    if (!certificate) return { kind: "anonymous", reason: fromIngress ? "bad ingress" : "no certificate" };
    const peer = await identify!(certificate);
    if (peer.kind === "verified" && !options.authorized(incoming.socket)) {
      return { kind: "anonymous", reason: "unknown authority" };
    }
    return peer;
  };

  return async (incoming: IncomingMessage): Promise<Omit<PortBindings, "signal">> => {
    const remoteAddress = plainAddress(options.tcpOf(incoming.socket).remoteAddress);
    const secure = (incoming.socket as Partial<TLSSocket>).encrypted === true;
    const target = incoming.url ?? "/";
    if (identify) {
      const peer = await peerOf(incoming, remoteAddress);
      dropIdentityHeaders(incoming);
      return { peer, remoteAddress, secure: secure || fromIngress !== undefined, target };
    }
    if (!trusted(remoteAddress)) return { remoteAddress, secure, target };
    const proto = headerValues(incoming, "x-forwarded-proto").at(-1);
    return {
      remoteAddress: clientBehind(headerValues(incoming, "x-forwarded-for"), remoteAddress, trusted),
      secure: secure || proto?.trim().toLowerCase() === "https",
      target,
    };
  };
};

/** The client certificate of a connection, DER. A connection that has just ended has none. */
export const certificateOf = (socket: Socket): Uint8Array | undefined => {
  const shown = (socket as Partial<TLSSocket>).getPeerCertificate?.() as
    | { readonly raw?: Uint8Array }
    | null
    | undefined;
  const raw = shown?.raw;
  return raw && raw.length > 0 ? raw : undefined;
};

/** The nearest address in X-Forwarded-For that is no trusted proxy; what stands before it, anyone may have written. */
const clientBehind = (values: readonly string[], proxy: string, trusted: (address: string) => boolean): string => {
  let client = proxy;
  for (const hop of values.join(",").split(",").toReversed()) {
    const bare = hop.trim().replace(/^\[([^\]]*)\](:\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
    const address = plainAddress(bare);
    if (isIP(address) === 0) break;
    client = address;
    if (!trusted(address)) break;
  }
  return client;
};
