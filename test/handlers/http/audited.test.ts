import { type Context, Hono } from "hono";
import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../handlers/errors.ts";
import { audited, noteChange, noteLook } from "../../../handlers/http/audited.ts";
import type { PortBindings, PortEnv } from "../../../handlers/http/env.ts";
import { onNotFound, onProblem } from "../../../handlers/http/problem.ts";
import { requestId } from "../../../handlers/http/request-id.ts";
import { describeRoute } from "../../../handlers/http/route-facts.ts";
import type { AuditEvent } from "../../../handlers/interfaces/audit.ts";
import { createTestIds } from "../../support/ids.ts";
import { createRecordingLog } from "../../support/log.ts";

type Env = PortEnv & { Variables: { viewer: { user: string }; via: "session" | "credential" } };

/** An app as port 8000 is built: `X-User` stands for a login. */
const appOf = () => {
  const events: AuditEvent[] = [];
  const order: string[] = [];
  const log = createRecordingLog();
  const broken = { is: false };
  const audit = {
    record: async (event: AuditEvent) => {
      await Promise.resolve();
      if (broken.is) throw new AppError("unavailable", "The store's disk is full");
      order.push("recorded");
      events.push(event);
    },
  };
  const about = describeRoute({ summary: "x", responses: {} });
  const teams = new Hono<Env>()
    .post("/_bulk", about, (c) => c.json({}))
    .post("/:team", about, (c) => {
      noteChange(c, { after: { id: c.req.param("team") } });
      c.header("ETag", '"1"');
      return c.json({ secret: "shown once" }, 201);
    })
    .patch("/:team", about, (c) => {
      noteChange(c, { target: "teams/noted", before: { a: 1 } });
      noteChange(c, { after: { a: 2 } });
      return c.json({});
    })
    .delete("/:team", about, (c) => {
      noteChange(c, { before: { a: 1 } });
      throw new AppError(c.req.query("code") as ErrorCode, "Refused");
    })
    .put("/:team", about, () => {
      throw new Error("Not foreseen");
    });
  const api = new Hono<Env>()
    .use("/*", async (c, next) => {
      const user = c.req.header("X-User");
      if (c.req.path.endsWith("/authenticate")) return await next();
      if (user === undefined) throw new AppError("unauthenticated", "Log in first");
      c.set("viewer", { user });
      c.set("via", "credential");
      await next();
    })
    .route("/teams", teams)
    .post("/authenticate", about, async (c) => {
      const { user, code } = await c.req.json();
      if (user === undefined) throw new AppError("invalid", "No user");
      noteChange(c, { target: "authenticate", actor: user === "admin" ? user : undefined });
      if (code) throw new AppError(code, "Refused");
      c.header("Set-Cookie", "session=secret");
      return c.json({ user }, 201);
    })
    .delete("/authenticate", about, (c) => c.json({}))
    .get("/nodes/:node/facts", about, (c: Context<Env>) => {
      if (c.req.query("look")) noteLook(c, { target: `nodes/${c.req.param("node")}/facts` });
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          order.push("body");
          controller.enqueue(new TextEncoder().encode("secret"));
          controller.close();
        },
      }, { highWaterMark: 0 });
      return c.body(body, c.req.query("status") ? 404 : 200);
    });
  const app = new Hono<Env>().use(requestId({ ids: createTestIds() })).use(audited({ audit, log }))
    .route("/api/v1", api)
    .post("/nodes/:certname/delete", (c) => {
      c.set("viewer", { user: "admin" });
      c.set("via", "session");
      return c.redirect("/", 303);
    });
  const fail = onProblem({ log });
  app.onError(fail).notFound(onNotFound(fail));
  const env: PortBindings = { remoteAddress: "192.0.2.7", secure: true };
  const ask = (method: string, path: string, user: string | undefined = "alice", body?: unknown) =>
    app.request(path, {
      method,
      headers: user === undefined || user === "" ? {} : { "X-User": user },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }, env);
  return { ask, events, order, log, broken };
};

describe("a request that changes something", () => {
  it("is recorded with its route, its place, who, from where and what it did", async () => {
    const { ask, events } = appOf();
    expect((await ask("POST", "/api/v1/teams/ops?x=secret")).status).toBe(201);
    expect(events).toEqual([{
      actor: "alice",
      via: "credential",
      address: "192.0.2.7",
      action: "POST /api/v1/teams/{team}",
      target: "teams/ops",
      after: { id: "ops" },
      outcome: "done",
      status: 201,
      request_id: "00000000-0000-4000-8000-000000000001",
    }]);
    await ask("PATCH", "/api/v1/teams/ops");
    expect(events[1]).toMatchObject({ target: "teams/noted", before: { a: 1 }, after: { a: 2 } });
    await ask("POST", "/nodes/web01/delete", "");
    expect(events[2]).toMatchObject({
      actor: "admin",
      via: "session",
      action: "POST /nodes/{certname}/delete",
      target: "nodes/web01/delete",
      outcome: "done",
      status: 303,
    });
    await ask("POST", "/api/v1/teams/_bulk");
    expect(events.pop()).toMatchObject({ action: "POST /api/v1/teams/_bulk", target: "teams/_bulk" });
    await ask("POST", "/api/v1/teams/a%40b%2Fc%zz");
    expect(events[3]!.target).toBe("teams/a%2540b%252Fc%25zz");
    await ask("POST", "/api/v1/teams/a%40b%2Fc%0A");
    expect(events[4]!.target).toBe("teams/a@b%2Fc%0A");
  });

  const outcomes: readonly (readonly [ErrorCode, AuditEvent["outcome"], number])[] = [
    ["bad_request", "refused", 400],
    ["forbidden", "refused", 403],
    ["not_found", "refused", 404],
    ["conflict", "refused", 409],
    ["precondition_failed", "refused", 412],
    ["invalid", "refused", 422],
    ["too_many_requests", "refused", 429],
    ["internal", "failed", 500],
    ["unavailable", "failed", 503],
  ];
  for (const [code, outcome, status] of outcomes) {
    it(`is recorded when it is answered ${status}`, async () => {
      const { ask, events } = appOf();
      expect((await ask("DELETE", `/api/v1/teams/ops?code=${code}`)).status).toBe(status);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ action: "DELETE /api/v1/teams/{team}", before: { a: 1 }, outcome, status });
    });
  }

  it("is recorded when it fails in a way that nobody foresaw", async () => {
    const { ask, events } = appOf();
    expect((await ask("PUT", "/api/v1/teams/ops")).status).toBe(500);
    expect(events).toMatchObject([{ action: "PUT /api/v1/teams/{team}", outcome: "failed", status: 500 }]);
  });

  it("is not recorded without a login, or where there is nothing", async () => {
    const { ask, events } = appOf();
    expect((await ask("POST", "/api/v1/teams/ops", "")).status).toBe(401);
    expect((await ask("POST", "/api/v1/nothing")).status).toBe(404);
    expect((await ask("POST", "/nothing")).status).toBe(404);
    expect((await ask("DELETE", "/api/v1/authenticate", "")).status).toBe(200);
    expect((await ask("GET", "/api/v1/nodes/a/facts")).status).toBe(200);
    expect(events).toEqual([]);
  });
});

describe("a login", () => {
  const logIn = async (body: unknown) => {
    const { ask, events } = appOf();
    const { status } = await ask("POST", "/api/v1/authenticate", "", body);
    return { status, event: events[0], count: events.length };
  };

  it("is recorded, whatever came of it", async () => {
    expect((await logIn({ user: "admin" })).event).toMatchObject({
      actor: "admin",
      via: "none",
      target: "authenticate",
      action: "POST /api/v1/authenticate",
      outcome: "done",
      status: 201,
    });
    expect((await logIn({ user: "admin", code: "unauthenticated" })).event).toMatchObject({
      actor: "admin",
      outcome: "refused",
      status: 401,
    });
  });

  it("never shows a name that is nobody's", async () => {
    const { event } = await logIn({ user: "my-password", code: "unauthenticated" });
    expect(event).toMatchObject({ actor: "unknown user", outcome: "refused" });
    expect(JSON.stringify(event)).not.toContain("my-password");
  });

  it("is not recorded where it costs a stranger nothing to try", async () => {
    expect(await logIn({})).toEqual({ status: 422, event: undefined, count: 0 });
    expect(await logIn({ user: "admin", code: "too_many_requests" })).toEqual({
      status: 429,
      event: undefined,
      count: 0,
    });
  });
});

describe("a look at something sensitive", () => {
  it("is recorded before the first byte goes out", async () => {
    const { ask, events, order } = appOf();
    const response = await ask("GET", "/api/v1/nodes/web01/facts?look=1");
    expect(order).toEqual(["recorded"]);
    expect(await response.text()).toBe("secret");
    expect(order).toEqual(["recorded", "body"]);
    expect(events).toMatchObject([{
      actor: "alice",
      action: "look /api/v1/nodes/{node}/facts",
      target: "nodes/web01/facts",
      outcome: "done",
      status: 200,
    }]);
  });

  it("is recorded when it was refused", async () => {
    const { ask, events } = appOf();
    await ask("GET", "/api/v1/nodes/web01/facts?look=1&status=404");
    expect(events).toMatchObject([{ outcome: "refused", status: 404 }]);
  });
});

describe("where nothing can be recorded", () => {
  it("no answer goes out, and it says that the change may have been made", async () => {
    const { ask, broken, log } = appOf();
    broken.is = true;
    const changed = await ask("POST", "/api/v1/teams/ops");
    expect(changed.status).toBe(503);
    expect(changed.headers.get("Retry-After")).toBe("5");
    expect(changed.headers.get("ETag")).toBeNull();
    expect(changed.headers.get("X-Request-Id")).not.toBeNull();
    const text = await changed.text();
    expect(text).toContain("may have been done all the same");
    expect(text).not.toContain("shown once");
    const looked = await ask("GET", "/api/v1/nodes/web01/facts?look=1");
    expect([looked.status, (await looked.text()).includes("secret")]).toEqual([503, false]);
    expect(log.lines.filter(({ event }) => event.includes("could not be recorded"))).toHaveLength(2);
  });

  it("no session is handed out", async () => {
    const { ask, broken } = appOf();
    broken.is = true;
    const response = await ask("POST", "/api/v1/authenticate", "", { user: "admin" });
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []]);
  });

  it("what isn't recorded goes on", async () => {
    const { ask, broken } = appOf();
    broken.is = true;
    expect((await ask("GET", "/api/v1/nodes/web01/facts")).status).toBe(200);
  });
});
