/** What went wrong before there was a request, by the parser's code. */
const statuses: Readonly<Record<string, readonly [status: number, title: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "The address and the headers together are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The request did not come in time"],
};
const other = [400, "Bad Request", "This is no HTTP that can be read"] as const;

/** A whole answer for what was no request; for people (`problem`) with problem details, as any other error of that port. */
export const unreadable = (code: string | undefined, problem: boolean): string => {
  const [status, title, detail] = statuses[code ?? ""] ?? other;
  const type = `urn:hoppetdb:problem:${status === 408 ? "timeout" : status === 431 ? "too_large" : "bad_request"}`;
  const body = problem ? JSON.stringify({ type, title, status, detail, instance: "about:blank" }) : "";
  const headers = [
    `HTTP/1.1 ${status} ${title}`,
    "Connection: close",
    ...(problem ? ["Content-Type: application/problem+json"] : []),
    `Content-Length: ${body.length}`,
  ];
  return `${headers.join("\r\n")}\r\n\r\n${body}`;
};
