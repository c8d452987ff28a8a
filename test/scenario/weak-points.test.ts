import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogOf, factsOf, fill, reportOf, resourceOf } from "../support/estate.ts";
import { type Asks, openProduct, type WholeProduct } from "../support/whole-product.ts";

/** What went wrong in the system that ours follows, by the numbers under which it was noted. */
describe("known weak points of the management API", () => {
  let product: WholeProduct;
  let admin: Asks;
  const hour = 3_600_000;
  const now = Date.now();
  const json = async (answer: Promise<Response>) => await (await answer).json();
  const status = async (answer: Promise<Response>) => (await answer).status;
  const node = "/api/v1/nodes/web01.example";

  beforeAll(async () => {
    product = await openProduct();
    admin = await product.administrator();
    await fill(product.store.estate, [
      factsOf("web01.example", now - hour, '{"cpu":4,"note":"a:eq:str:b","os":{"family":"Debian"}}'),
      catalogOf("web01.example", now - hour, [resourceOf("File", "/one")], { catalog_uuid: "b" }),
      catalogOf("web01.example", now - hour + 1, [resourceOf("File", "/two")], { catalog_uuid: "a" }),
      reportOf("web01.example", now - hour, { status: "changed" }),
      factsOf("web02.example", now - hour, '{"cpu":16}'),
      factsOf("never.example", now - hour, '{"cpu":2}'),
      reportOf("silent.example", now - 9 * hour, { status: "failed" }),
    ]);
  });
  afterAll(() => product.close());

  it("W4: several filters on one fact all count, and a value may hold what looks like a filter", async () => {
    const names = async (...facts: string[]) => {
      const query = facts.map((each) => `fact=${encodeURIComponent(each)}`).join("&");
      const { result } = await json(admin("GET", `/api/v1/nodes?sort=id&fields=id&${query}`));
      return result.map((each: { id: string }) => each.id);
    };
    expect(await names("cpu:gt:int:2", "cpu:lt:int:8")).toEqual(["web01.example"]);
    expect(await names("note:eq:str:a:eq:str:b")).toEqual(["web01.example"]);
    expect(await names("note:regex:str::eq:str:")).toEqual(["web01.example"]);
    for (const bad of ["cpu:gt:int:many", "cpu", "cpu:is:int:1", "cpu:regex:int:1", "cpu:eq:bool:yes", ":eq:str:x"]) {
      const answer = await admin("GET", `/api/v1/nodes?fact=${encodeURIComponent(bad)}`);
      expect([bad, answer.status, (await answer.json()).field]).toEqual([bad, 400, "fact"]);
    }
  });

  it("W9: a node that a person disabled stays so, whatever Puppet sends and whatever else is changed", async () => {
    await admin("PUT", node, { disabled: true });
    await fill(product.store.estate, [
      factsOf("web01.example", now, '{"cpu":4,"os":{"family":"Debian"}}'),
      catalogOf("web01.example", now, [resourceOf("File", "/three")]),
      reportOf("web01.example", now, { status: "unchanged" }),
    ]);
    expect(await json(admin("PUT", node, { facts_inject: { role: "web" } }))).toMatchObject({ disabled: true });
    expect(await json(admin("GET", node))).toMatchObject({ disabled: true, facts_inject: { role: "web" } });
    expect((await json(admin("GET", "/api/v1/nodes?disabled=true&fields=id"))).meta.result_size).toBe(1);
    expect(await json(admin("PUT", node, { disabled: false }))).toMatchObject({
      disabled: false,
      facts_inject: { role: "web" },
    });
    expect(await json(admin("PUT", node, { facts_inject: null }))).toMatchObject({ facts_inject: {} });
  });

  it("W14: the history of catalogs is by time, and one is found by its own id", async () => {
    const { result } = await json(admin("GET", `${node}/catalogs?sort=created`));
    expect(result.map((each: { catalog: { catalog_uuid: string | null } }) => each.catalog.catalog_uuid)).toEqual([
      null,
      "a",
      "b",
    ]);
    const [newest, older] = result;
    expect(newest.current).toBe(true);
    const diff = await json(admin("GET", `${node}/catalogs/${older.id}/diff/${newest.id}`));
    expect([diff.added, diff.removed]).toMatchObject([[{ title: "/three" }], [{ title: "/two" }]]);
  });

  it("W15: a threshold has a zone; without one, or without sense, it is refused", async () => {
    for (const wrong of ["garbage", "2026-01-01T00:00:00", "1"]) {
      expect([wrong, await status(admin("GET", `/api/v1/nodes?outdated_threshold=${wrong}`))]).toEqual([wrong, 400]);
      expect([wrong, await status(admin("GET", `${node}?outdated_threshold=${wrong}`))]).toEqual([wrong, 400]);
    }
    const zoned = encodeURIComponent(new Date(now + hour).toISOString().replace("Z", "+00:00"));
    expect((await json(admin("GET", `${node}?outdated_threshold=${zoned}`))).report_status_computed).toBe("outdated");
  });

  it("W22: ids of secrets are random, and only who may sees that there are any", async () => {
    const value = "some value that is hidden";
    const { id } = await json(admin("POST", "/api/v1/nodes_secrets_redactor", { value }));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
    expect(id).not.toBe(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""));
    const anyone = await product.someone("anyone");
    expect(await status(anyone("GET", "/api/v1/nodes_secrets_redactor"))).toBe(403);
  });

  it("W37, W38: a list takes a page, and no pattern that can't be read", async () => {
    expect(await status(admin("GET", "/api/v1/nodes?limit=1001"))).toBe(400);
    expect(await status(admin("GET", "/api/v1/nodes?node_id=("))).toBe(400);
    expect(await status(admin("GET", "/api/v1/teams?team_id=("))).toBe(400);
    const long = "(a+)+$".repeat(50);
    expect(await status(admin("GET", `/api/v1/nodes?node_id=${encodeURIComponent(long)}`))).toBeLessThan(500);
  });

  it("W42: distinct values and exported resources have pages", async () => {
    const first = await json(admin("GET", "/api/v1/nodes/_distinct_fact_values?fact_id=cpu&limit=2&page=0"));
    const second = await json(admin("GET", "/api/v1/nodes/_distinct_fact_values?fact_id=cpu&limit=2&page=1"));
    expect([...first.result, ...second.result]).toHaveLength(3);
    expect(first.meta.result_size).toBe(3);
    expect((await json(admin("GET", "/api/v1/nodes/_exported_resources?resource_type=File&limit=1"))).result).toEqual(
      [],
    );
  });

  it("W54: what belongs together is changed together, or not at all", async () => {
    await admin("POST", "/api/v1/users/member", {});
    await admin("POST", "/api/v1/teams/one", { users: ["member"], permissions: ["TEAMS::GET"] });
    await admin("POST", "/api/v1/nodes_groups/theirs", { teams: ["one"] });
    expect(await status(admin("PUT", "/api/v1/teams/one", { users: ["member", "nobody"], description: "x" }))).toBe(
      422,
    );
    expect(await json(admin("GET", "/api/v1/teams/one"))).toMatchObject({ users: ["member"], description: "" });
    expect(await status(admin("DELETE", "/api/v1/teams/one"))).toBe(200);
    expect(await json(admin("GET", "/api/v1/nodes_groups/theirs"))).toMatchObject({ teams: [] });
    expect(await json(admin("GET", "/api/v1/users/member"))).toMatchObject({ teams: [], permissions: [] });
  });

  it("W55: who changed what, and what it was, is on record", async () => {
    const { result } = await json(admin("GET", "/api/v1/audit?target=nodes_groups%2Ftheirs&sort_order=ascending"));
    expect(result).toMatchObject([{
      actor: "admin",
      via: "session",
      address: "192.0.2.1",
      action: "POST /api/v1/nodes_groups/{node_group}",
      outcome: "done",
      status: 201,
      after: { teams: ["one"] },
    }]);
    const login = await json(admin("GET", "/api/v1/audit?target=authenticate"));
    expect(login.result[0]).toMatchObject({ actor: "admin", outcome: "done", status: 201 });
  });

  it("W59: a node that never reported is unreported, in lists and by itself", async () => {
    const { result, meta } = await json(admin("GET", "/api/v1/nodes?node_id=never"));
    expect([result[0].report_status_computed, meta.status_unreported, meta.status_outdated]).toEqual([
      "unreported",
      1,
      0,
    ]);
    expect((await json(admin("GET", "/api/v1/nodes/never.example"))).report_status_computed).toBe("unreported");
    expect((await json(admin("GET", "/api/v1/nodes?report_status=^outdated&fields=id"))).result).toMatchObject([
      { id: "silent.example" },
    ]);
  });
});
