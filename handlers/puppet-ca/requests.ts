import { Hono } from "hono";
import { puppetSpace } from "../core/ca/spaces.ts";
import type { Certificates } from "../core/ca/types.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import { readBody } from "../http/read-body.ts";
import type { MiddlewareHandler } from "hono";
import { pem, text } from "./text.ts";

const largest = 65_536;

/** What is too large for a request is a bad one, whoever notices it first. */
const bodyOf = async (request: Request): Promise<Uint8Array> => {
  try {
    return await readBody(request, largest);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "too_large") throw error;
    throw new AppError("bad_request", `The request is larger than ${largest} bytes`, { cause: error });
  }
};

/** `certificate_request/{name}`: anyone may ask for a certificate, and read what was asked. */
export const requestRoutes = (
  { certificates, admin }: {
    readonly certificates: Pick<Certificates, "submit" | "current" | "removeRequest">;
    readonly admin: MiddlewareHandler<PortEnv>;
  },
) =>
  new Hono<PortEnv>()
    .get("/:name", async (c) => {
      const certname = c.req.param("name");
      const found = await certificates.current({ space: puppetSpace, certname });
      if (found?.status === "requested" && found.request) return pem(c, found.request);
      return text(c, 404, `Could not find certificate_request ${certname}`, "text/plain");
    })
    .put("/:name", async (c) => {
      const body = new TextDecoder().decode(await bodyOf(c.req.raw));
      await certificates.submit({
        space: puppetSpace,
        certname: c.req.param("name"),
        pem: body,
        from: c.env?.remoteAddress ?? "",
      });
      return c.body("", 200, { "Content-Type": "text/plain", "Content-Length": "0" });
    })
    .delete("/:name", admin, async (c) => {
      const certname = c.req.param("name");
      if (await certificates.removeRequest({ space: puppetSpace, certname })) return c.body(null, 204);
      return text(c, 404, `No certificate request for ${certname}`, "text/plain");
    });
