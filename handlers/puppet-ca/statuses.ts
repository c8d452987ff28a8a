import { type Context, Hono } from "hono";
import { z } from "zod";
import { puppetSpace } from "../core/ca/spaces.ts";
import type { CertificateFilter, Certificates, CertificateSummary } from "../core/ca/types.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import { readBody } from "../http/read-body.ts";
import { actorOf } from "./access.ts";
import { statusJson } from "./status-json.ts";
import { json, text } from "./text.ts";

const largest = 1 << 20;
const jsonTypes = ["application/json", "text/pson", "pson"];

/** The JSON of a body, or undefined: what is no JSON is told in Puppet's words. */
export const bodyOf = async (c: Context): Promise<unknown> => {
  try {
    return JSON.parse(new TextDecoder().decode(await readBody(c.req.raw, largest)));
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined;
  }
};

const shape = z.looseObject({ desired_state: z.unknown().optional(), cert_ttl: z.unknown().optional() });
type Asked = { readonly state: "signed" | "revoked"; readonly ttl: number | undefined } | { readonly wrong: string };

const askedOf = (body: unknown, certname: string): Asked => {
  const read = shape.safeParse(body);
  if (!read.success) return { wrong: "Request body is not JSON." };
  const { desired_state: state, cert_ttl: ttl } = read.data;
  if (state === undefined || state === null) return { wrong: 'Missing required parameter "desired_state"' };
  if (state !== "signed" && state !== "revoked") {
    const shown = String(state).slice(0, 50);
    return {
      wrong: `State ${shown} invalid; Must specify desired state of 'signed' or 'revoked' for host ${certname}.`,
    };
  }
  if (ttl === undefined || ttl === null) return { state, ttl: undefined };
  if (typeof ttl === "number" && Number.isInteger(ttl) && ttl > 0) return { state, ttl };
  return {
    wrong: `cert_ttl specified for host ${certname} must be an integer, not "${String(ttl).slice(0, 50)}"`,
  };
};

/** `certificate_status/{name}`: what state a name is in; sign, revoke, clean. */
export const statusRoutes = (
  { certificates }: { readonly certificates: Pick<Certificates, "current" | "sign" | "revoke" | "clean"> },
) =>
  new Hono<PortEnv>()
    .get("/:name", async (c) => {
      const found = await certificates.current({ space: puppetSpace, certname: c.req.param("name") });
      return found ? json(c, statusJson(found)) : json(c, "Resource not found.", 404);
    })
    .put("/:name", async (c) => {
      const certname = c.req.param("name");
      const asked = askedOf(await bodyOf(c), certname);
      if ("wrong" in asked) return text(c, 400, asked.wrong);
      const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
      if (type !== undefined && !jsonTypes.includes(type)) return text(c, 415, "Unsupported media type.");
      const what = { space: puppetSpace, certname, by: actorOf(c) };
      try {
        if (asked.state === "revoked") await certificates.revoke(what);
        else await certificates.sign({ ...what, ...(asked.ttl === undefined ? {} : { ttl: asked.ttl }) });
      } catch (error) {
        if (error instanceof AppError && error.code === "not_found") {
          return text(c, 404, "Invalid certificate subject.");
        }
        throw error;
      }
      return c.body(null, 204, { "Content-Type": "text/plain" });
    })
    .delete("/:name", async (c) => {
      try {
        await certificates.clean({ space: puppetSpace, certname: c.req.param("name"), by: actorOf(c) });
      } catch (error) {
        if (error instanceof AppError && error.code === "not_found") return json(c, "Resource not found.", 404);
        throw error;
      }
      return c.body(null, 204, { "Content-Type": "application/json;charset=utf-8" });
    });

/** `certificate_statuses/{anything}`: all of them, as they are read: an estate has many. */
export const statusesRoutes = ({ certificates }: { readonly certificates: Pick<Certificates, "stream"> }) =>
  new Hono<PortEnv>()
    .get("/", (c) => text(c, 400, "Missing URL Segment"))
    .get("/:any", (c) => {
      const filter: CertificateFilter = { space: puppetSpace };
      const state = c.req.query("state");
      // Puppet's `signed` has the expired ones as well
      const wanted = state === "signed" ? ["signed", "expired"] as const : [state] as const;
      const known = state === "requested" || state === "signed" || state === "revoked";
      const rows = certificates.stream(
        known ? { ...filter, status: wanted as CertificateFilter["status"] & object } : filter,
      );
      return c.body(jsonArray(rows), 200, { "Content-Type": "application/json;charset=utf-8" });
    });

const jsonArray = (batches: AsyncIterable<readonly CertificateSummary[]>): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  const iterator = batches[Symbol.asyncIterator]();
  let begun = false;
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await iterator.next();
      const start = begun ? "" : "[";
      if (done) {
        controller.enqueue(encoder.encode(`${start}]`));
        return controller.close();
      }
      const text = value.map(statusJson).join(",");
      controller.enqueue(encoder.encode(`${begun ? "," : "["}${text}`));
      begun = true;
    },
    cancel: async () => void await iterator.return?.(),
  }, { highWaterMark: 0 });
};
