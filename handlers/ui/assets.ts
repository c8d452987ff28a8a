import { Hono } from "hono";
import type { SessionEnv } from "../http/session.ts";
import { logoFile } from "./icons.ts";
import { stylesheet } from "./style.ts";

/** FNV-1a, 32 bits: tells one text from another, and guards nothing. */
export const contentTag = (text: string): string => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
};

/** The style sheet's address, another one whenever it is another sheet. */
export const stylesheetLink = (): string => `/assets/app.css?v=${contentTag(stylesheet)}`;

/**
 * The files that pages need, for everyone: they say nothing about the estate. Under the address that names their content
 * they may be kept for ever; under the bare one they are asked for again, by ETag.
 */
export const assets = () => {
  const file = (path: string, type: string, text: string) => {
    const tag = contentTag(text);
    return new Hono<SessionEnv>().get(path, (c) => {
      const headers = {
        "Content-Type": type,
        "Cache-Control": c.req.query("v") === tag ? "public, max-age=31536000, immutable" : "public, max-age=300",
        ETag: `"${tag}"`,
      };
      const known = c.req.header("If-None-Match")?.split(",").some((each) =>
        each.trim().replace(/^W\//, "") === `"${tag}"`
      );
      return known ? c.body(null, 304, headers) : c.body(text, 200, headers);
    });
  };
  return new Hono<SessionEnv>()
    .route("/", file("/assets/app.css", "text/css; charset=utf-8", stylesheet))
    .route("/", file("/assets/icon.svg", "image/svg+xml", logoFile))
    .get("/favicon.ico", (c) => c.redirect("/assets/icon.svg", 301));
};
