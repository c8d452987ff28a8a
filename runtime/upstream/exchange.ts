import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers";
import { AppError } from "../../handlers/errors.ts";
import type { UpstreamRequest } from "../../handlers/interfaces/upstream.ts";
import { headersOf, streamOf } from "./response-body.ts";

export type ExchangeOptions = {
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
};

/** No connection was made: another server may be tried. */
export class NotConnected extends Error {
  constructor(cause: unknown) {
    super("No connection was made", { cause });
    this.name = "NotConnected";
  }
}

/** The kept connection was closed by the server before it answered; nothing but a head had been sent on it. */
export class StaleConnection extends Error {
  constructor(cause: unknown) {
    super("The kept connection was closed", { cause });
    this.name = "StaleConnection";
  }
}

/**
 * Sends one request to one server. The body is touched only once the connection (TLS included) stands. Throws
 * NotConnected, StaleConnection, AppError, the body's own error, or the signal's reason.
 */
export const exchange = (
  url: URL,
  agent: RequestOptions["agent"],
  request: UpstreamRequest,
  options: ExchangeOptions,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { signal } = request;
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const secure = url.protocol === "https:";
    let connected = false;
    let answered = false;
    let failure: unknown;
    const send: ClientRequest = (secure ? httpsRequest : httpRequest)({
      agent,
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port || (secure ? 443 : 80),
      method: request.method,
      path: request.path,
      headers: Object.fromEntries(request.headers),
      maxHeaderSize: 64 * 1024,
    });

    const fail = (error: unknown) => {
      failure ??= error;
      send.destroy();
    };
    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });

    const late = setTimeout(
      () =>
        fail(
          connected
            ? new AppError(
              "upstream_timeout",
              `"${url.origin}" did not answer within ${options.idleTimeoutMs / 1000} s`,
            )
            : new NotConnected(new Error(`No connection within ${options.connectTimeoutMs} ms`)),
        ),
      options.connectTimeoutMs,
    );
    let alive = late;
    /** Starts the time anew: a byte went by. */
    const moved = () => void alive.refresh();
    const end = () => {
      clearTimeout(alive);
      signal.removeEventListener("abort", onAbort);
    };

    const onConnected = () => {
      if (connected) return;
      connected = true;
      clearTimeout(late);
      alive = setTimeout(
        () =>
          fail(new AppError("upstream_timeout", `"${url.origin}" was silent for ${options.idleTimeoutMs / 1000} s`)),
        options.idleTimeoutMs,
      );
      void sendBody(send, request.body, moved, () => answered).catch(fail);
    };
    send.once("socket", (socket: Socket) => {
      if (send.reusedSocket) onConnected();
      else socket.once(secure ? "secureConnect" : "connect", onConnected);
    });
    send.once("response", (incoming: IncomingMessage) => {
      answered = true;
      moved();
      incoming.once("close", end);
      try {
        resolve(
          new Response(streamOf(incoming, request.method, moved, () => failure), {
            status: incoming.statusCode ?? 0,
            headers: headersOf(incoming),
          }),
        );
      } catch (error) {
        fail(
          new AppError("upstream_failed", `"${url.origin}" gave an answer that cannot be passed on`, { cause: error }),
        );
        reject(failure);
      }
    });
    send.on("error", (error: Error & { code?: string }) => {
      end();
      if (failure !== undefined) reject(failure);
      else if (!connected) reject(new NotConnected(error));
      else if (send.reusedSocket && !answered && request.body === null) reject(new StaleConnection(error));
      else reject(new AppError("upstream_failed", `The connection to "${url.origin}" broke`, { cause: error }));
    });
    send.once("close", () => {
      end();
      if (!answered) reject(failure ?? new AppError("upstream_failed", `"${url.origin}" closed without an answer`));
    });
    if (request.body === null) send.end();
    else send.flushHeaders();
  });

const sendBody = async (
  send: ClientRequest,
  body: UpstreamRequest["body"],
  moved: () => void,
  answered: () => boolean,
): Promise<void> => {
  if (body === null) return;
  if (body instanceof Uint8Array) {
    send.end(body);
    return;
  }
  const reader = body.getReader();
  const gone = () => void reader.cancel().catch(() => {});
  send.once("close", gone);
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (send.destroyed) return;
      moved();
      if (!send.write(next.value)) await drained(send);
    }
  } catch (error) {
    // The server has its say already, such as a 413; that the client's rest doesn't come is no news then.
    if (!answered()) throw error;
  }
  send.off("close", gone);
  send.end();
};

const drained = (send: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      send.off("drain", done);
      send.off("close", done);
      resolve();
    };
    send.on("drain", done);
    send.on("close", done);
    if (send.destroyed) done();
  });
