import type { QueuedCommand } from "../interfaces/queue.ts";
import type { UpstreamRequest } from "../interfaces/upstream.ts";

/** A queued command as the request that the termini send: the payload byte for byte, gzipped. */
export const commandRequest = async (queued: QueuedCommand, signal: AbortSignal): Promise<UpstreamRequest> => {
  const { command, version, certname, producer_timestamp, payload } = queued.received.reveal();
  const query = new URLSearchParams({ command: command.replaceAll(" ", "_"), version: String(version), certname });
  if (producer_timestamp !== null) query.set("producer-timestamp", producer_timestamp);
  const packed = await new Response(new Blob([payload]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
  return {
    method: "POST",
    path: `/pdb/cmd/v1?${query}`,
    headers: new Headers({
      "Content-Type": "application/json; charset=utf-8",
      Accept: "application/json",
      "Content-Encoding": "gzip",
      "X-Uncompressed-Length": String(payload.length),
    }),
    body: packed,
    signal,
  };
};
