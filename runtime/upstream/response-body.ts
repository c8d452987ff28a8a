import type { IncomingMessage } from "node:http";
import { AppError } from "../../handlers/errors.ts";

const bodiless = [204, 205, 304];

/** All headers as the server sent them; those that came twice stay two where the standard keeps them apart. */
export const headersOf = (incoming: IncomingMessage): Headers => {
  const headers = new Headers();
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
  }
  return headers;
};

/**
 * The body as a web stream that reads only what is asked for. `failure` tells why we ended it ourselves, if we did. A body
 * that ends early is an error, never a short body.
 */
export const streamOf = (
  incoming: IncomingMessage,
  method: string,
  moved: () => void,
  failure: () => unknown,
): ReadableStream<Uint8Array> | null => {
  if (method === "HEAD" || bodiless.includes(incoming.statusCode ?? 0)) {
    incoming.resume();
    return null;
  }
  const chunks = incoming[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const next = await chunks.next();
        moved();
        if (!next.done) controller.enqueue(next.value as Uint8Array);
        else if (incoming.complete) controller.close();
        else controller.error(broken());
      } catch (error) {
        controller.error(failure() ?? broken(error));
      }
    },
    cancel: () => void incoming.destroy(),
  }, { highWaterMark: 0 });
};

const broken = (cause?: unknown) =>
  new AppError("upstream_failed", "The server behind us broke off its answer", { cause });
