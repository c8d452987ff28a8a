import { hc } from "hono/client";
import type { ManagementApp } from "./management.ts";

export type ClientOptions = {
  /** What sends the requests; default: the global fetch. A test passes `app.request`. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
  /** HOPPETDB_PUBLIC_URL, where it is reached under another URL. */
  readonly publicUrl?: string;
};

/**
 * A typed client of the management API at `url`, e.g. `https://hoppetdb.example.com`. After
 * `client.api.v1.authenticate.$post({ json: { user, password } })` it keeps the session cookie, also where there is no
 * browser to do so; in a browser, the browser does. A refused request is a response with problem details, not an
 * exception; `parseResponse` of hono/client makes it one.
 */
export const managementClient = (url: string, options: ClientOptions = {}) => {
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const origin = new URL(options.publicUrl ?? url).origin;
  const cookies = new Map<string, string>();
  return hc<ManagementApp>(url, {
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init);
      // A browser sets these itself, and doesn't let anyone else.
      request.headers.set("Origin", origin);
      if (cookies.size > 0) request.headers.set("Cookie", [...cookies].map((pair) => pair.join("=")).join("; "));
      const response = await send(request);
      for (const line of response.headers.getSetCookie()) keep(cookies, line);
      return response;
    },
  });
};

export type ManagementClient = ReturnType<typeof managementClient>;

const keep = (cookies: Map<string, string>, line: string): void => {
  const [pair = "", ...attributes] = line.split(";");
  const name = pair.slice(0, pair.indexOf("=")).trim();
  if (attributes.some((each) => /^\s*max-age=0$/i.test(each))) cookies.delete(name);
  else cookies.set(name, pair.slice(pair.indexOf("=") + 1));
};
