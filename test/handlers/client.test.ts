import { parseResponse } from "hono/client";
import { describe, expect, expectTypeOf, it } from "vitest";
import { managementClient } from "../../handlers/client.ts";
import { adminPassword, createTestManagement, publicUrl } from "../support/management.ts";

const setUp = async () => {
  const { app, env, memory } = await createTestManagement();
  const requests: Request[] = [];
  const client = managementClient(publicUrl, {
    fetch: (request) => {
      requests.push(request);
      return app.request(request, undefined, env());
    },
  });
  return { client, memory, requests };
};

describe("managementClient", () => {
  it("logs in, keeps the cookie, and logs out", async () => {
    const { client, memory, requests } = await setUp();
    const { authenticate } = client.api.v1;
    expect((await authenticate.$get()).status).toBe(401);
    const login = await authenticate.$post({ json: { user: "admin", password: adminPassword } });
    expect(login.status).toBe(201);
    const who = await parseResponse(authenticate.$get());
    expectTypeOf(who).toEqualTypeOf<{ user: string }>();
    expect(who).toEqual({ user: "admin" });
    expect(requests.at(-1)!.headers.get("Cookie")).toMatch(/^hoppetdb=[\w-]{43}$/);

    await authenticate.$delete();
    expect(memory.dump("sessions")).toEqual([]);
    await authenticate.$get();
    expect(requests.at(-1)!.headers.has("Cookie")).toBe(false);
  });

  it("is typed from the routes: paths, bodies, queries and answers", async () => {
    const { client } = await setUp();
    await client.api.v1.authenticate.$post({ json: { user: "admin", password: adminPassword } });
    const secrets = client.api.v1.nodes_secrets_redactor;
    const { id } = await parseResponse(secrets.$post({ json: { value: "s3cr3t-value" } }));
    expectTypeOf(id).toEqualTypeOf<string>();
    const list = await parseResponse(secrets.$get({ query: { limit: "5", fields: ["id"], sort: "id" } }));
    expectTypeOf(list.meta.result_size).toEqualTypeOf<number>();
    expect(list).toEqual({ result: [{ id }], meta: { result_size: 1 } });
    const removed = await secrets[":secret"].$delete({ param: { secret: id } });
    expect(removed.status).toBe(200);

    const nodes = await parseResponse(client.api.v1.nodes.$get({ query: { report_status: "failed", limit: "100" } }));
    expectTypeOf(nodes.meta.status_failed).toEqualTypeOf<number>();
    expect(nodes).toMatchObject({ result: [], meta: { result_size: 0 } });
    const none = await client.api.v1.nodes[":node"].facts.$get({ param: { node: "web01.example.com" }, query: {} });
    expect(none.status as number).toBe(404);

    // @ts-expect-error: there is no such field
    const wrong = await secrets.$post({ json: { valu: "s3cr3t-value" } });
    expect(wrong.status).toBe(422);
    // @ts-expect-error: there is nothing to sort by it
    expect((await secrets.$get({ query: { sort: "value" } })).status).toBe(400);
  });

  it("makes an exception of a refusal when asked to", async () => {
    const { client } = await setUp();
    await expect(parseResponse(client.api.v1.dead_letters.$get({ query: {} }))).rejects.toMatchObject({
      statusCode: 401,
    });
  });
});
