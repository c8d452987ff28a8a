import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";

/**
 * Writes a web Response as it is: no header is added but those of HTTP itself, the body streams with back pressure. When
 * its source fails midway the connection is cut, so that the client can't take the part for the whole; throws the reason.
 */
export const respond = async (response: Response, outgoing: ServerResponse, closing: boolean): Promise<void> => {
  const headers: OutgoingHttpHeaders = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  if (closing) headers["connection"] = "close";
  if (outgoing.destroyed) {
    await response.body?.cancel();
    return;
  }
  outgoing.writeHead(response.status, headers);
  const reader = response.body?.getReader();
  if (!reader) {
    outgoing.end();
    return;
  }
  const gone = () => void reader.cancel().catch(() => {});
  outgoing.once("close", gone);
  try {
    outgoing.flushHeaders();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(next.value)) await drained(outgoing);
    }
    outgoing.off("close", gone);
    outgoing.end();
  } catch (error) {
    outgoing.destroy();
    throw error;
  }
};

const drained = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
    if (outgoing.destroyed) done();
  });

const lingerMs = 1000;
const lingerBytes = 1024 * 1024;

/**
 * After an answer that didn't wait for the whole request (413, 403): reads on for a moment, so that the client gets to see
 * the answer and a small rest doesn't cost the connection, then cuts it.
 */
export const discardRest = (incoming: IncomingMessage): void => {
  if (incoming.complete || incoming.destroyed) return;
  const { socket } = incoming;
  const [start, most] = [performance.now(), socket.bytesRead + lingerBytes];
  // The HTTP server drops what is left without an event for it, so the socket is what can be looked at.
  const timer = setInterval(() => {
    if (incoming.complete || socket.destroyed) clearInterval(timer);
    else if (socket.bytesRead > most || performance.now() - start > lingerMs) socket.destroy();
  }, 10);
  incoming.resume();
};
