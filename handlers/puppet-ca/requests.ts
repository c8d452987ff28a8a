import { Hono } from "hono";
import { puppetSpace } from "../core/ca/spaces.ts";
import type { Certificates } from "../core/ca/types.ts";
import type { PortEnv } from "../http/env.ts";
import { readBody } from "../http/read-body.ts";
import type { MiddlewareHandler } from "hono";
import { pem, text } from "./text.ts";

const largest = 65_536;

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
      const body = new TextDecoder().decode(await readBody(c.req.raw, largest));
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
