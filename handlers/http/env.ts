import type { Peer } from "../interfaces/peer.ts";

/** What a port's adapter hands to the handlers with each request (Hono's `c.env`). */
export type PortBindings = {
  /** Ports 8001 and 8002: who is at the other end. Port 8000 has no peer. */
  readonly peer?: Peer;
  /** The address of the client, after trusted proxies were taken into account; `unix` for a socket. */
  readonly remoteAddress: string;
  /** Whether the client's side of the connection is TLS (also where TLS ends in a trusted proxy). */
  readonly secure: boolean;
  /** The target as it stands in the request line; a URL has its dot segments resolved already. */
  readonly target?: string;
  /** Ends when the client goes away. */
  readonly signal?: AbortSignal;
};

export type PortEnv = { Bindings: PortBindings; Variables: { requestId: string } };
