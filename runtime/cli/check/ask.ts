import type { IncomingHttpHeaders } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export type Asked =
  | { readonly kind: "answer"; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | { readonly kind: "failure"; readonly code: string; readonly message: string };

export type Material = { readonly cert?: string; readonly key?: string; readonly ca?: string };

/** One GET with a time limit of 10 s and at most 64 kB of the answer; a failure is a value, for it is a finding. */
export const ask = (
  url: string,
  options: { material?: Material; headers?: Record<string, string>; verify?: boolean } = {},
): Promise<Asked> =>
  new Promise((resolve) => {
    const request = (url.startsWith("https:") ? httpsRequest : httpRequest)(url, {
      ...options.material,
      headers: options.headers ?? {},
      rejectUnauthorized: options.verify ?? true,
      agent: false,
      timeout: 10_000,
    }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        if (body.length < 65_536) body += text;
      });
      response.on("end", () =>
        resolve({ kind: "answer", status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on("timeout", () =>
      request.destroy(new Error("no answer within 10 s")));
    request.on("error", (failure: Error & { code?: string }) =>
      resolve({ kind: "failure", code: failure.code ?? "", message: failure.message }));
    request.end();
  });
