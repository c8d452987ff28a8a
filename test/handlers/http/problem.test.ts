import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode, statusOf } from "../../../handlers/errors.ts";
import type { PortEnv } from "../../../handlers/http/env.ts";
import { onProblem, problemSchema } from "../../../handlers/http/problem.ts";
import { requestId } from "../../../handlers/http/request-id.ts";
import { createTestIds } from "../../support/ids.ts";
import { createRecordingLog } from "../../support/log.ts";

const failing = (error: unknown) => {
  const log = createRecordingLog();
  const app = new Hono<PortEnv>().use(requestId({ ids: createTestIds() })).get("/", () => {
    throw error;
  });
  app.onError(onProblem({ log }));
  return { app, log };
};

describe("onProblem", () => {
  it("gives each code its status, as problem details with the request's id", async () => {
    for (const code of Object.keys(statusOf) as ErrorCode[]) {
      const { app } = failing(new AppError(code, "The reason", { field: "place" }));
      const response = await app.request("/");
      const problem = problemSchema.parse(await response.json());
      expect([response.status, problem.status]).toEqual([statusOf[code], statusOf[code]]);
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      expect(problem.instance).toBe(`urn:uuid:${response.headers.get("X-Request-Id")}`);
      expect(problem.field).toBe("place");
      expect(problem.detail === "The reason").toBe(code !== "internal");
    }
  });

  it("shows nothing of an internal error but the id under which the log has it", async () => {
    const causes = [
      new Error("SELECT * FROM users: secret-in-message"),
      new AppError("internal", "secret-in-message"),
      new TypeError("x is not a function secret-in-message"),
    ];
    for (const cause of causes) {
      const { app, log } = failing(cause);
      const response = await app.request("/");
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(text).not.toContain("secret-in-message");
      expect(log.lines).toHaveLength(1);
      expect(log.lines[0]!.fields).toMatchObject({ request_id: response.headers.get("X-Request-Id"), error: cause });
    }
  });

  it("logs no one else's mistakes as errors", async () => {
    const { app, log } = failing(new AppError("not_found", "There is no node"));
    expect((await app.request("/")).status).toBe(404);
    expect(log.lines).toEqual([]);
  });

  it("names Retry-After in whole seconds", async () => {
    const { app } = failing(new AppError("unavailable", "Later", { retryAfter: 1.2 }));
    expect((await app.request("/")).headers.get("Retry-After")).toBe("2");
  });

  it("takes Hono's own errors at their status", async () => {
    expect((await failing(new HTTPException(413)).app.request("/")).status).toBe(413);
    expect((await failing(new HTTPException(400, { message: "Bad" })).app.request("/")).status).toBe(400);
    expect((await failing(new HTTPException(507)).app.request("/")).status).toBe(500);
  });
});
