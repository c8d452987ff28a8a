import type { MiddlewareHandler } from "hono";
import type { PortEnv } from "./env.ts";
import type { SessionCookie } from "./session-cookie.ts";

/** Scripts and styles come from our own files only; nothing inline, nothing from elsewhere, no frames. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The headers that every answer of port 8000 has. What a handler set itself stays: a static file its own Cache-Control.
 * Referrer-Policy is `same-origin`, for under `no-referrer` browsers send `Origin: null` with our own forms.
 */
export const securityHeaders = (deps: { readonly cookie: SessionCookie }): MiddlewareHandler<PortEnv> => {
  return async (c, next) => {
    await next();
    const set = (name: string, value: string) => {
      if (!c.res.headers.has(name)) c.header(name, value);
    };
    set("Content-Security-Policy", policy);
    set("X-Content-Type-Options", "nosniff");
    set("X-Frame-Options", "DENY");
    set("Referrer-Policy", "same-origin");
    set("Cross-Origin-Opener-Policy", "same-origin");
    set("Cross-Origin-Resource-Policy", "same-origin");
    set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    set("Cache-Control", "no-store");
    if (deps.cookie.secure(c)) set("Strict-Transport-Security", "max-age=31536000");
  };
};
