import { AppError } from "../errors.ts";

/** Thrown as AppError `too_large` when a body has more bytes than the port takes. */
const tooLarge = (limit: number) => new AppError("too_large", `The body is larger than ${limit} bytes`);

/**
 * The body of a request, counted as it streams: what declares too much is refused at once, what grows too much is cut off
 * there. Null where there is none. The source is never cancelled: that would cost the client the answer.
 */
export const limitedBody = (request: Request, limit: number): ReadableStream<Uint8Array> | null => {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > limit) throw tooLarge(limit);
  const none = declared === null ? !request.headers.has("transfer-encoding") : Number(declared) === 0;
  if (none || request.method === "GET" || request.method === "HEAD" || !request.body) return null;
  const reader = request.body.getReader();
  let count = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      count += value.byteLength;
      if (count > limit) controller.error(tooLarge(limit));
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
};
