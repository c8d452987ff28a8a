import { collect } from "../core/bytes/collect.ts";
import { AppError } from "../errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const tooLarge = (limit: number): AppError =>
  new AppError("too_large", `The body is larger than the ${limit} bytes that are taken here`);

/**
 * Reads a body of at most `limit` bytes. Throws AppError `too_large` as soon as that is clear: by Content-Length before
 * anything is read, else at the byte that is too many. The rest is left unread, not cancelled: that would end the
 * connection, and cost the client the answer.
 */
export const readBody = async (request: Request, limit: number): Promise<Bytes> => {
  if (Number(request.headers.get("Content-Length") ?? 0) > limit) throw tooLarge(limit);
  if (!request.body) return new Uint8Array(0);
  return await collect(request.body, limit, () => tooLarge(limit));
};

/** Unpacks gzip of at most `limit` bytes, so that a small body can't grow without bounds. */
export const gunzip = async (bytes: Bytes, limit: number): Promise<Bytes> => {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await collect(
      stream,
      limit,
      () => new AppError("too_large", `The body unpacks to more than the ${limit} bytes that are taken here`),
    );
  } catch (cause) {
    if (cause instanceof AppError) {
      void stream.cancel().catch(() => {});
      throw cause;
    }
    throw new AppError("bad_request", "The body is not valid gzip", { cause });
  }
};
