import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { onProblem } from "../../../handlers/http/problem.ts";
import { sameOrigin } from "../../../handlers/http/same-origin.ts";
import { createRecordingLog } from "../../support/log.ts";

const appAt = (publicUrl: string) => {
  const app = new Hono();
  app.use(sameOrigin({ publicUrl })).all("*", (c) => c.text("done"));
  app.onError(onProblem({ log: createRecordingLog() }));
  return app;
};
const send = async (url: string, method: string, headers: Record<string, string>) =>
  (await appAt(url).request("/", { method, headers })).status;

describe("sameOrigin", () => {
  const ours = "https://hoppetdb.example.com";
  const cookie = "__Host-hoppetdb=abc";

  it("goes through the matrix of Origin, Sec-Fetch-Site and cookie", async () => {
    const origins = [undefined, ours, "https://evil.example", "https://a.hoppetdb.example.com", "null", ""];
    const sites = [undefined, "same-origin", "none", "same-site", "cross-site", "junk"];
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "QUERY"]) {
      for (const origin of origins) {
        for (const site of sites) {
          for (const withCookie of [true, false]) {
            const headers = {
              ...(origin === undefined ? {} : { Origin: origin }),
              ...(site === undefined ? {} : { "Sec-Fetch-Site": site }),
              ...(withCookie ? { Cookie: cookie } : {}),
            };
            const siteFine = site === undefined || site === "same-origin" || site === "none";
            const originFine = origin === undefined || origin === ours;
            const said = origin !== undefined || site !== undefined;
            const allowed = siteFine && originFine && (said || !withCookie || method !== "POST");
            expect([headers, await send(ours, method, headers)]).toEqual([headers, allowed ? 200 : 403]);
          }
        }
      }
    }
  });

  it("lets reading pass from anywhere: a link from a chat works", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      expect(await send(ours, method, { "Sec-Fetch-Site": "cross-site", Cookie: cookie })).toBe(200);
    }
  });

  it("lets a script with a cookie send JSON, which no form of another site can", async () => {
    expect(await send(ours, "POST", { Cookie: cookie, "Content-Type": "application/json" })).toBe(200);
    expect(await send(ours, "POST", { Cookie: cookie, "Content-Type": "text/plain" })).toBe(403);
    expect(await send(ours, "POST", { Cookie: cookie, "Content-Type": "application/x-www-form-urlencoded" })).toBe(403);
  });

  it("guards upgrades, which are GET", async () => {
    const upgrade = { Upgrade: "websocket", Connection: "Upgrade", Cookie: cookie };
    expect(await send(ours, "GET", { ...upgrade, Origin: "https://evil.example" })).toBe(403);
    expect(await send(ours, "GET", upgrade)).toBe(403);
    expect(await send(ours, "GET", { ...upgrade, Origin: ours })).toBe(200);
  });

  it("compares origins whole: scheme, host and port", async () => {
    const others = [
      "http://hoppetdb.example.com",
      "https://hoppetdb.example.com:8443",
      "https://hoppetdb.example.com.evil.example",
      "https://hoppetdb.example.com@evil.example",
    ];
    for (const origin of others) expect(await send(ours, "POST", { Origin: origin })).toBe(403);
    expect(await send(`${ours}/some/path/`, "POST", { Origin: ours })).toBe(200);
  });

  it("takes localhost for 127.0.0.1, when the page is the very one that is asked", async () => {
    const local = "http://127.0.0.1:8000";
    const at = (origin: string, host: string) => send(local, "POST", { Origin: origin, Host: host });
    expect(await at("http://localhost:8000", "localhost:8000")).toBe(200);
    expect(await at("http://[::1]:8000", "[::1]:8000")).toBe(200);
    expect(await at("http://localhost:8000", "127.0.0.1:8000")).toBe(403);
    expect(await at("http://localhost:9000", "localhost:9000")).toBe(403);
    expect(await at("https://localhost:8000", "localhost:8000")).toBe(403);
    expect(await at("http://evil.example:8000", "evil.example:8000")).toBe(403);
    expect(await send(ours, "POST", { Origin: "http://localhost:8000", Host: "localhost:8000" })).toBe(403);
  });

  it("says what to do", async () => {
    const answer = async (headers: Record<string, string>) =>
      (await (await appAt(ours).request("/", { method: "POST", headers })).json()).detail;
    expect(await answer({ Cookie: cookie })).toContain(`send "Origin: ${ours}"`);
    expect(await answer({ Origin: "http://x.example" })).toContain("HOPPETDB_PUBLIC_URL");
  });
});
