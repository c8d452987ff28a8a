import type { PassedCatalog } from "../core/commands/whole-catalog.ts";
import type { Log } from "../interfaces/log.ts";

export type CatalogWatchOptions = {
  /** Returns at once; what it does, it does later. */
  readonly keep: (seen: PassedCatalog) => void;
  /** Bytes of one catalog, and of all that pass at the same time. */
  readonly limit: number;
  readonly total: number;
  readonly now: () => number;
  readonly log: Log;
};

/**
 * Looks on while a catalog goes to its agent and keeps a copy of the bytes, handed over once the last one is out. The agent
 * is never kept waiting, and gets its catalog whatever becomes of the copy.
 */
export const watchCatalogs = (options: CatalogWatchOptions) => {
  const { log } = options;
  let held = 0;

  return (certname: string, response: Response): Response => {
    if (response.status !== 200 || !response.body) return response;
    const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
    let chunks: Uint8Array<ArrayBuffer>[] | undefined = [];
    let size = 0;

    const forget = () => {
      if (chunks) held -= size;
      chunks = undefined;
    };
    const copy = (chunk: Uint8Array<ArrayBuffer>) => {
      if (!chunks) return;
      if (size + chunk.byteLength > options.limit || held + chunk.byteLength > options.total) {
        forget();
        log.warn("Catalog is not stored", { certname, reason: size > 0 ? "too large" : "too many at once" });
        return;
      }
      chunks.push(chunk.slice());
      size += chunk.byteLength;
      held += chunk.byteLength;
    };
    const handOver = () => {
      if (!chunks) return;
      const bytes = new Uint8Array(size);
      let at = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.byteLength;
      }
      forget();
      try {
        options.keep({
          certname,
          contentType: response.headers.get("content-type"),
          contentEncoding: response.headers.get("content-encoding"),
          bytes,
          receivedAt: options.now(),
        });
      } catch (error) {
        log.error("Catalog is not stored", { certname, error });
      }
    };

    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            copy(value);
            controller.enqueue(value);
            return;
          }
          controller.close();
          // After the port has written the end of the answer.
          setTimeout(handOver);
        } catch (error) {
          forget();
          controller.error(error);
        }
      },
      cancel: (reason) => {
        forget();
        return reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
    return new Response(body, { status: response.status, headers: response.headers });
  };
};
