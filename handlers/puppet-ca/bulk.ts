import { Hono } from "hono";
import { z } from "zod";
import { puppetSpace } from "../core/ca/spaces.ts";
import type { By, Certificates } from "../core/ca/types.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import type { Log } from "../interfaces/log.ts";
import { actorOf } from "./access.ts";
import { bodyOf } from "./statuses.ts";
import { json, text } from "./text.ts";

const names = z.array(z.string());

/** `clean`, `sign` and `sign/all`: many names at once. */
export const bulkRoutes = (
  { certificates, log }: {
    readonly certificates: Pick<Certificates, "clean" | "sign" | "stream">;
    readonly log: Log;
  },
) => {
  const signEach = async (certnames: readonly string[], by: By, authorized: boolean): Promise<string> => {
    const result: Record<"signed" | "no-csr" | "signing-errors", string[]> = {
      signed: [],
      "no-csr": [],
      "signing-errors": [],
    };
    for (const certname of new Set(certnames)) {
      try {
        await certificates.sign({ space: puppetSpace, certname, authorized, ...by });
        result.signed.push(certname);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        const none = error.code === "not_found" || / without a certificate request$/.test(error.message);
        result[none ? "no-csr" : "signing-errors"].push(certname);
        if (!none) log.warn("Request was not signed", { certname, reason: error.message });
      }
    }
    return JSON.stringify(result);
  };

  return new Hono<PortEnv>()
    .put("/clean", async (c) => {
      const body = await bodyOf(c);
      if (typeof body !== "object" || body === null) return text(c, 400, "Request body is not JSON.", "text/plain");
      if ("async" in body && body.async === true) {
        return text(c, 400, "Async mode is not currently supported.", "text/plain");
      }
      const certnames = names.safeParse("certnames" in body ? body.certnames : undefined);
      if (!certnames.success) {
        const why = "Missing required key: 'certnames'. Please supply the list of certs you want to clean.";
        return text(c, 400, why, "text/plain");
      }
      const missing: string[] = [];
      for (const certname of new Set(certnames.data)) {
        try {
          await certificates.clean({ space: puppetSpace, certname, by: actorOf(c) });
        } catch (error) {
          if (!(error instanceof AppError) || error.status >= 500) throw error;
          if (error.code !== "not_found") {
            return text(c, 500, `Error while cleaning certs: ${error.message}`, "text/plain");
          }
          missing.push(certname);
        }
      }
      const shown = missing.map((certname) => JSON.stringify(certname)).join(" ");
      const said = missing.length === 0
        ? "Successfully cleaned all certs."
        : `The following certs do not exist and cannot be revoked: [${shown}]`;
      return text(c, 200, said, "text/plain");
    })
    .post("/sign", async (c) => {
      const body = await bodyOf(c);
      const submitted = typeof body === "object" && body !== null && "certnames" in body ? body.certnames : null;
      const certnames = names.safeParse(submitted);
      if (!certnames.success) {
        const error = "expected certnames, a list of names";
        return json(c, JSON.stringify({ kind: "schema-violation", submitted, error }), 422);
      }
      return json(c, await signEach(certnames.data, { by: actorOf(c) }, true));
    })
    .post("/sign/all", async (c) => {
      const waiting: string[] = [];
      for await (const rows of certificates.stream({ space: puppetSpace, status: ["requested"] })) {
        waiting.push(...rows.map(({ certname }) => certname));
      }
      // nobody has looked at each of them: what gives rights is signed by its name only
      return json(c, await signEach(waiting, { by: actorOf(c) }, false));
    });
};
