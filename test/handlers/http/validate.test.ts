import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { envelope, offsetOf, paging, pattern, pick, trueOrFalse } from "../../../handlers/http/paging.ts";
import { onProblem } from "../../../handlers/http/problem.ts";
import { validate } from "../../../handlers/http/validate.ts";
import { createRecordingLog } from "../../support/log.ts";

const query = z.strictObject({
  ...paging({ fields: ["id", "created_at"], sort: ["id"] }),
  name: pattern().optional(),
  open: trueOrFalse().optional(),
});
const body = z.strictObject({
  name: z.string().min(2, "expected at least 2 characters"),
  list: z.array(z.object({ title: z.string() })).optional(),
  either: z.union([z.number(), z.object({ deep: z.object({ deeper: z.boolean() }) })]).optional(),
});

const app = new Hono()
  .get("/", validate("query", query), (c) => c.json(c.req.valid("query")))
  .post("/", validate("json", body), (c) => c.json(c.req.valid("json")))
  .onError(onProblem({ log: createRecordingLog() }));
const get = async (search: string) => {
  const response = await app.request(`/${search}`);
  return { status: response.status, body: await response.json() };
};
const post = async (text: string, type = "application/json") => {
  const response = await app.request("/", { method: "POST", body: text, headers: { "Content-Type": type } });
  return { status: response.status, body: await response.json() };
};

describe("a list's query", () => {
  it("has the defaults of all lists", async () => {
    expect((await get("")).body).toEqual({ sort_order: "ascending", page: 0, limit: 10 });
  });

  it("reads what is given, fields several times too", async () => {
    const { body } = await get(
      "?fields=id&fields=created_at&page=2&limit=1000&sort=id&sort_order=descending&open=false",
    );
    expect(body).toEqual({
      fields: ["id", "created_at"],
      sort: "id",
      sort_order: "descending",
      page: 2,
      limit: 1000,
      open: false,
    });
    expect((await get("?fields=id")).body.fields).toEqual(["id"]);
    expect(offsetOf(body)).toBe(2000);
  });

  it("refuses the rest with 400 and the parameter's name, never dropping a part", async () => {
    const wrong: [string, string | undefined][] = [
      ["?limit=0", "limit"],
      ["?limit=1001", "limit"],
      ["?limit=", "limit"],
      ["?limit=1e2", "limit"],
      ["?limit=0x10", "limit"],
      ["?limit=-1", "limit"],
      ["?limit=10&limit=20", "limit"],
      ["?page=-1", "page"],
      ["?page=99999999999999999999", "page"],
      ["?sort=password", "sort"],
      ["?sort_order=up", "sort_order"],
      ["?fields=id&fields=password", "fields[1]"],
      ["?open=yes", "open"],
      ["?name=(", "name"],
      ["?name=(?%3Da)b", "name"],
      ["?unknown=1", undefined],
      ["?__proto__=1", undefined],
    ];
    for (const [search, field] of wrong) {
      const { status, body } = await get(search);
      expect([search, status, body.field]).toEqual([search, 400, field]);
      expect(body.type).toBe("urn:hoppetdb:problem:bad_request");
    }
    expect((await get("?unknown=1")).body.detail).toContain('"unknown"');
  });
});

describe("a body", () => {
  it("is refused with 422 and the place", async () => {
    const wrong: [unknown, string | undefined][] = [
      [{}, "name"],
      [{ name: "x" }, "name"],
      [{ name: "xy", list: [{ title: "a" }, { title: 7 }] }, "list[1].title"],
      [{ name: "xy", either: { deep: { deeper: "no" } } }, "either.deep.deeper"],
      [{ name: "xy", extra: 1 }, undefined],
      [null, undefined],
      ["text", undefined],
    ];
    for (const [value, field] of wrong) {
      const { status, body } = await post(JSON.stringify(value));
      expect([value, status, body.field]).toEqual([value, 422, field]);
    }
    expect((await post("{}")).body.detail).toBe('Cannot accept field "name": it is missing');
  });

  it("that is no JSON is 400, and one that isn't called JSON 415, which a foreign form can't get round", async () => {
    expect((await post("{")).status).toBe(400);
    expect((await post("")).status).toBe(400);
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
      expect((await post('{"name":"xy"}', type)).status).toBe(415);
    }
    expect((await post('{"name":"xy"}', "Application/JSON; charset=utf-8")).status).toBe(200);
  });

  it("never shows a value that it refuses", async () => {
    const { body } = await post(JSON.stringify({ name: 4711_0815, list: "hunter2-the-secret" }));
    expect(JSON.stringify(body)).not.toMatch(/hunter2|47110815/);
  });
});

describe("an answer", () => {
  it("has what was asked for and the number of all", () => {
    const row = { id: "a", created_at: "b" };
    expect(pick(row, undefined)).toEqual(row);
    expect(pick(row, ["id"])).toEqual({ id: "a" });
    expect(envelope([row], 7)).toEqual({ result: [row], meta: { result_size: 7 } });
  });
});
