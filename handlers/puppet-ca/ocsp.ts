import { type Context, Hono } from "hono";
import type { PortEnv } from "../http/env.ts";
import { readBody } from "../http/read-body.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const largest = 16_384;

/** OCSP over HTTP (RFC 6960, appendix A): the request as a body, or in base64 as the rest of the path. Anyone may ask. */
export const ocspRoutes = ({ ocsp }: { readonly ocsp: (der: Bytes) => Promise<Bytes> }) => {
  const answer = async (c: Context<PortEnv>, der: Bytes) =>
    c.body(await ocsp(der), 200, { "Content-Type": "application/ocsp-response", "Cache-Control": "no-store" });
  return new Hono<PortEnv>()
    .post("/", async (c) => await answer(c, await readBody(c.req.raw, largest)))
    .get("/:request{.+}", async (c) => await answer(c, decode(c.req.param("request"))));
};

/** What is no base64 is no request either: the answer says so. */
const decode = (text: string): Bytes => {
  try {
    return Uint8Array.from(atob(text.slice(0, largest)), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
};
