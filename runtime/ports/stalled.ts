import type { IncomingMessage, ServerResponse } from "node:http";

/** One request that runs. */
export type Exchange = { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };

/**
 * Cuts connections on which nothing moved for `idleMs` and whose client is to blame: a body that it began and doesn't go
 * on with, or an answer that it doesn't take. Waiting for us, such as for a catalog, is no fault of its. Returns the end.
 */
export const cutStalled = (exchanges: ReadonlySet<Exchange>, idleMs: number, onCut: () => void): () => void => {
  const seen = new WeakMap<Exchange, { bytes: number; at: number }>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const exchange of exchanges) {
      const { incoming, outgoing } = exchange;
      const bytes = incoming.socket.bytesRead + incoming.socket.bytesWritten;
      const last = seen.get(exchange);
      if (!last || last.bytes !== bytes) seen.set(exchange, { bytes, at: now });
      else if (now - last.at >= idleMs) {
        const starving = !incoming.complete && incoming.readableLength === 0 && !incoming.isPaused();
        if (!starving && outgoing.writableLength === 0) continue;
        onCut();
        incoming.socket.destroy();
      }
    }
  }, Math.max(50, idleMs / 10));
  timer.unref();
  return () => clearInterval(timer);
};
