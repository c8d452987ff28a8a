/** A request to the Puppetserver or the PuppetDB behind us. */
export type UpstreamRequest = {
  readonly method: string;
  /** Path and query exactly as they are to be sent, beginning with `/`. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;
  readonly signal: AbortSignal;
};

/**
 * The servers behind a port, with mutual TLS. The next URL is tried only where no connection was made, never after a byte
 * of the body went out; a URL that failed rests 10 s. Bodies stream both ways with back pressure; status, headers and
 * bytes (Content-Encoding included) come back unchanged. Throws AppError `upstream_failed` (can't be reached),
 * `upstream_timeout` or, when the caller aborted, the signal's reason.
 */
export interface Upstream {
  fetch(request: UpstreamRequest): Promise<Response>;
}
