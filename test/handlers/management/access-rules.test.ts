import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { factsOf, fill } from "../../support/estate.ts";
import { adminPassword } from "../../support/management.ts";
import { type Asks, openProduct, type WholeProduct } from "../../support/whole-product.ts";

let product: WholeProduct;
let admin: Asks;
const json = async (answer: Promise<Response>) => await (await answer).json();
const status = async (answer: Promise<Response>) => (await answer).status;

beforeAll(async () => {
  product = await openProduct();
  admin = await product.administrator();
  await fill(product.store.estate, [
    factsOf("web01.example", 1000, '{"role":"web","cpus":4,"virtual":true,"trusted":{"extensions":{"pp_zone":"dmz"}}}'),
    factsOf("web02.example", 1000, '{"role":"web","cpus":8}', { environment: "staging" }),
    factsOf("db01.example", 1000, '{"role":"db","cpus":16}'),
  ]);
});
afterAll(() => product.close());

describe("users", () => {
  it("are made, changed, cleared by null and removed, with an ETag that a lost update fails on (W60)", async () => {
    const made = await admin("POST", "/api/v1/users/Jo.Doe", { name: "Jo", email: "jo@example.com" });
    expect([made.status, made.headers.get("ETag")]).toEqual([201, '"1"']);
    expect(await made.json()).toMatchObject({ id: "jo.doe", admin: false, backend: "internal", permissions: [] });
    const changed = await admin("PUT", "/api/v1/users/jo.doe", { email: null }, { "If-Match": '"1"' });
    expect(await changed.json()).toMatchObject({ name: "Jo", email: null });
    expect(await status(admin("PUT", "/api/v1/users/jo.doe", { name: "x" }, { "If-Match": '"1"' }))).toBe(412);
    expect(await status(admin("POST", "/api/v1/users/jo.doe", {}))).toBe(409);
    expect(await status(admin("PUT", "/api/v1/users/jo.doe", { email: "no address" }))).toBe(422);
    expect((await json(admin("GET", "/api/v1/users?admin=true"))).result.map((each: { id: string }) => each.id))
      .toEqual([
        "admin",
      ]);
    expect(await status(admin("DELETE", "/api/v1/users/jo.doe", undefined, { "If-Match": '"1"' }))).toBe(412);
    expect(await status(admin("DELETE", "/api/v1/users/jo.doe"))).toBe(200);
  });

  it("W34: have names that stand in paths, permissions and logs", async () => {
    for (const id of ["_self", "a:b", "a%2Fb", "%00", "a%0Ab", "a b", "-a"]) {
      expect([id, (await status(admin("POST", `/api/v1/users/${id}`, {}))) >= 400]).toEqual([id, true]);
      expect([id, (await status(admin("POST", `/api/v1/teams/${id}`, {}))) >= 400]).toEqual([id, true]);
      expect([id, (await status(admin("POST", `/api/v1/nodes_groups/${id}`, {}))) >= 400]).toEqual([id, true]);
    }
  });

  it("W13: leave nothing behind for another one of their name", async () => {
    await admin("POST", "/api/v1/users/heir", { password: adminPassword });
    await admin("POST", "/api/v1/teams/heirs", { users: ["heir"], permissions: ["TEAMS::GET"] });
    const secrets = [];
    for (let i = 0; i < 3; i++) {
      secrets.push((await json(admin("POST", "/api/v1/users/heir/credentials", {}))).secret);
    }
    const asks = secrets.map((secret) => product.withHeaders({ "Authorization": `Bearer ${secret}` }));
    const session = await product.loggedIn("heir");
    expect(await status(asks[0]!("GET", "/api/v1/teams"))).toBe(200);
    await admin("DELETE", "/api/v1/users/heir");
    await admin("POST", "/api/v1/users/heir", { password: adminPassword });
    for (const ask of [...asks, session]) expect(await status(ask("GET", "/api/v1/authenticate"))).toBe(401);
    expect(await json((await product.loggedIn("heir"))("GET", "/api/v1/users/_self"))).toMatchObject({
      permissions: [],
      teams: [],
    });
  });

  it("W19: are found whole, never as a pattern", async () => {
    await admin("POST", "/api/v1/users/j.roe", { password: adminPassword });
    await admin("POST", "/api/v1/users/jaroe", {});
    await admin("POST", "/api/v1/teams/jar", { users: ["jaroe"], permissions: ["USERS::GET"] });
    expect(await status((await product.loggedIn("j.roe"))("GET", "/api/v1/users"))).toBe(403);
  });

  it("keep one administrator", async () => {
    expect(await status(admin("PUT", "/api/v1/users/admin", { admin: false }))).toBe(409);
    expect(await status(admin("DELETE", "/api/v1/users/admin"))).toBe(409);
  });

  it("W29: give the old password for a new one, and are locked out by name until a manager forgets it", async () => {
    await admin("POST", "/api/v1/users/forgetful", { password: adminPassword });
    const own = await product.loggedIn("forgetful");
    expect(await status(own("PUT", "/api/v1/users/_self", { password: "another pass phrase" }))).toBe(422);
    expect(await status(own("PUT", "/api/v1/users/_self/password", { old: "wrong", new: "another pass phrase" }))).toBe(
      422,
    );
    for (let i = 0; i < 6; i++) {
      await product.anonymous("POST", "/api/v1/authenticate", { user: "forgetful", password: "wrong" });
    }
    expect((await json(admin("GET", "/api/v1/users/forgetful"))).locked_until).not.toBeNull();
    expect(await status(admin("DELETE", "/api/v1/users/forgetful/lockout"))).toBe(200);
    expect((await json(admin("GET", "/api/v1/users/forgetful"))).locked_until).toBeNull();
    expect(await status(admin("POST", "/api/v1/users/weak", { password: "123456789012" }))).toBe(422);
  });
});

describe("nobody", () => {
  it("W30: grants what he doesn't have", async () => {
    const manager = await product.someone("manager", {
      permissions: [
        "USERS::CREATE",
        "USERS::UPDATE",
        "USERS::DELETE",
        "TEAMS::CREATE",
        "TEAMS::UPDATE",
        "TEAMS::GET",
        "USERS:CREDENTIALS::CREATE",
      ],
    });
    expect(await status(manager("PUT", "/api/v1/users/_self", { admin: true }))).toBe(403);
    expect(await status(manager("POST", "/api/v1/users/other", { admin: true }))).toBe(403);
    expect(await status(manager("PUT", "/api/v1/users/admin", { password: "another pass phrase" }))).toBe(403);
    expect(await status(manager("POST", "/api/v1/users/admin/credentials", {}))).toBe(403);
    expect(await status(manager("DELETE", "/api/v1/users/admin"))).toBe(403);
    expect(await status(manager("POST", "/api/v1/teams/mine", { permissions: ["NODES::DELETE"] }))).toBe(403);
    expect(await status(manager("PUT", "/api/v1/teams/manager-team", { permissions: ["NODES::DELETE"] }))).toBe(403);
    expect(await status(manager("POST", "/api/v1/teams/mine", { permissions: ["TEAMS::GET"], users: ["manager"] })))
      .toBe(201);
    await admin("POST", "/api/v1/teams/powerful", { permissions: ["NODES::DELETE"] });
    expect(await status(manager("PUT", "/api/v1/teams/powerful", { users: ["manager"] }))).toBe(403);
    expect(await status(manager("PUT", "/api/v1/teams/powerful", { ldap_group: "cn=mine" }))).toBe(403);
    expect(await status(manager("PUT", "/api/v1/teams/powerful", { description: "mine" }))).toBe(200);
    await admin("POST", "/api/v1/users/stronger", {});
    await admin("PUT", "/api/v1/teams/powerful", { users: ["stronger"] });
    expect(await status(manager("PUT", "/api/v1/users/stronger", { password: "another pass phrase" }))).toBe(403);
    expect(await status(manager("POST", "/api/v1/users/stronger/credentials", {}))).toBe(403);
  });

  it("lets others see nodes that he doesn't see", async () => {
    const grouper = await product.someone("grouper", {
      permissions: ["NODES:GROUPS::CREATE", "NODES:GROUPS::UPDATE", "NODES:GROUPS::GET", "TEAMS::UPDATE"],
    });
    const all = [{ part: [{ field: "certname", op: "regex", value: "." }] }];
    expect(await status(grouper("POST", "/api/v1/nodes_groups/all", { filters: all, teams: ["grouper-team"] }))).toBe(
      403,
    );
    expect(await status(grouper("POST", "/api/v1/nodes_groups/all", { filters: all }))).toBe(201);
    expect(await status(grouper("PUT", "/api/v1/nodes_groups/all", { teams: ["grouper-team"] }))).toBe(403);
    expect((await json(grouper("GET", "/api/v1/nodes_groups/all"))).nodes).toEqual([]);
    const dry = await json(grouper("PUT", "/api/v1/nodes_groups/all?dry_run=true", { filters: [] }));
    expect([dry.size, dry.going.size]).toEqual([0, 0]);
    await admin("POST", "/api/v1/teams/seers", {});
    await admin("PUT", "/api/v1/nodes_groups/all", { teams: ["seers"] });
    expect(await status(grouper("PUT", "/api/v1/teams/seers", { users: ["grouper"] }))).toBe(403);
    expect(await status(grouper("PUT", "/api/v1/nodes_groups/all", { filters: [] }))).toBe(403);
  });
});

describe("API credentials", () => {
  it("are taken as two headers or one, shown once, limited, and end", async () => {
    await admin("POST", "/api/v1/users/robot", {});
    await admin("POST", "/api/v1/teams/robots", { users: ["robot"], permissions: ["TEAMS::GET", "USERS::GET"] });
    const made = await json(admin("POST", "/api/v1/users/robot/credentials", { permissions: ["TEAMS:GET"] }));
    expect(made).toMatchObject({ permissions: ["TEAMS::GET"], last_used_at: null });
    const { id, secret } = made;
    const forms: Record<string, string>[] = [
      { "x-secret-id": id, "x-secret": secret },
      { Authorization: `Bearer ${secret}` },
      { Authorization: `Bearer ${id}.${secret}` },
    ];
    for (const headers of forms) {
      const ask = product.withHeaders(headers);
      expect(await status(ask("GET", "/api/v1/teams"))).toBe(200);
      expect(await status(ask("GET", "/api/v1/users"))).toBe(403);
      // a limited one makes no other that is not
      expect(await status(ask("POST", "/api/v1/users/_self/credentials", {}))).toBe(403);
      expect(await status(ask("POST", "/api/v1/users/_self/credentials", { permissions: ["USERS::GET"] }))).toBe(403);
      expect(await status(ask("PUT", `/api/v1/users/_self/credentials/${id}`, { permissions: null }))).toBe(403);
      expect(await status(ask("PUT", "/api/v1/users/_self/password", { old: "x", new: "another pass phrase" }))).toBe(
        403,
      );
    }
    const stored = JSON.stringify(await product.store.documents.find("credentials"));
    expect(stored).not.toContain(secret);
    const shown = await json(admin("GET", `/api/v1/users/robot/credentials/${id}`));
    expect(Object.keys(shown)).not.toContain("secret");
    expect(shown.last_used_from).toBe("192.0.2.1");
    await admin("PUT", `/api/v1/users/robot/credentials/${id}`, {
      expires_at: new Date(Date.now() + 200).toISOString(),
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
    const late = product.withHeaders({ Authorization: `Bearer ${secret}` });
    expect(await status(late("GET", "/api/v1/teams"))).toBe(401);
    expect(await status(product.withHeaders({ "x-secret-id": id })("GET", "/api/v1/teams"))).toBe(401);
  });

  it("W29: are counted when they are wrong, without holding up the right ones", async () => {
    const { secret } = await json(admin("POST", "/api/v1/users/robot/credentials", {}));
    const wrong = product.withHeaders({ Authorization: `Bearer ${"A".repeat(43)}` });
    const seen = [];
    for (let i = 0; i < 8; i++) seen.push(await status(wrong("GET", "/api/v1/authenticate")));
    expect([seen[0], seen.at(-1)]).toEqual([401, 429]);
    expect(await status(product.withHeaders({ Authorization: `Bearer ${secret}` })("GET", "/api/v1/authenticate")))
      .toBe(200);
  });

  it("of an administrator with a scope are no administrator's", async () => {
    const { secret } = await json(admin("POST", "/api/v1/users/_self/credentials", { permissions: ["USERS::UPDATE"] }));
    const ask = product.withHeaders({ Authorization: `Bearer ${secret}` });
    await admin("POST", "/api/v1/users/pawn", {});
    expect(await status(ask("PUT", "/api/v1/users/pawn", { admin: true }))).toBe(403);
    expect(await status(ask("PUT", "/api/v1/users/pawn", { name: "Pawn" }))).toBe(200);
    expect(await status(ask("GET", "/api/v1/users"))).toBe(403);
    // nor does it see all nodes, unless its scope says so
    const size = async (one: Asks) => (await json(one("GET", "/api/v1/nodes"))).meta.result_size;
    expect(await size(ask)).toBe(0);
    const seeing = await json(admin("POST", "/api/v1/users/_self/credentials", { permissions: ["NODES:ALL::GET"] }));
    expect(await size(product.withHeaders({ Authorization: `Bearer ${seeing.secret}` }))).toBeGreaterThan(2);
  });
});

describe("groups of nodes", () => {
  const rule = (...part: unknown[]) => [{ part }];
  const members = async (filters: unknown) => {
    await admin("PUT", "/api/v1/nodes_groups/tried", { filters });
    return (await json(admin("GET", "/api/v1/nodes_groups/tried"))).nodes;
  };

  it("W7, W8: take typed rules with and, or, not, over facts, trusted facts, name and environment", async () => {
    await admin("POST", "/api/v1/nodes_groups/tried", {});
    expect(await members(rule({ fact: "role", values: ["web"] }))).toEqual(["web01.example", "web02.example"]);
    expect(await members(rule({ fact: "role", values: ["web"] }, { fact: "cpus", op: "gt", value: 4 }))).toEqual([
      "web02.example",
    ]);
    expect(await members(rule({ fact: "cpus", values: ["4"] }))).toEqual([]);
    expect(await members(rule({ fact: "cpus", type: "int", values: ["4", "16"] }))).toEqual([
      "db01.example",
      "web01.example",
    ]);
    expect(await members(rule({ fact: "virtual", value: true }))).toEqual(["web01.example"]);
    expect(await members(rule({ not: { fact: "virtual", value: true } }))).toEqual(["db01.example", "web02.example"]);
    expect(await members(rule({ any: [{ fact: "role", value: "db" }, { field: "environment", value: "staging" }] })))
      .toEqual(["db01.example", "web02.example"]);
    expect(await members(rule({ fact: "trusted.extensions.pp_zone", value: "dmz" }))).toEqual(["web01.example"]);
    expect(await members(rule({ field: "certname", op: "regex", value: "^db" }))).toEqual(["db01.example"]);
    expect(await members(rule({ fact: "role", op: "nin", values: ["web", "db"] }))).toEqual([]);
    expect(await members([...rule({ fact: "role", value: "db" }), ...rule({ fact: "cpus", value: 4 })])).toEqual([
      "db01.example",
      "web01.example",
    ]);
    expect(await members([])).toEqual([]);
  });

  it.each([
    [[{ part: [] }], "filters[0].part"],
    [rule({ any: [] }), "filters[0].part[0].any"],
    [rule({ fact: "role", op: "regex", value: "(" }), "filters[0].part[0]"],
    [rule({ fact: "role", values: [] }), "filters[0].part[0]"],
    [rule({ fact: "a..b", value: "x" }), "filters[0].part[0]"],
    [rule({ fact: "cpus", op: "gt", type: "int", value: "many" }), "filters[0].part[0]"],
    [rule({ fact: "role", op: "eq", values: ["a", "b"] }), "filters[0].part[0]"],
    [rule({ field: "certname", value: 1 }), "filters[0].part[0]"],
    [rule({ value: "x" }), "filters[0].part[0]"],
  ])("W6, W7: refuse %j and say where it is wrong", async (filters, place) => {
    const before = await json(admin("GET", "/api/v1/nodes_groups/tried"));
    const answer = await admin("PUT", "/api/v1/nodes_groups/tried", { filters });
    expect([answer.status, (await answer.json()).field]).toEqual([422, place]);
    expect(await json(admin("GET", "/api/v1/nodes_groups/tried"))).toEqual(before);
  });

  it("W5: keep their rules when only their teams are changed, and refuse a team that is not there", async () => {
    await members(rule({ fact: "role", value: "db" }));
    await admin("POST", "/api/v1/teams/dbas", {});
    const changed = await json(admin("PUT", "/api/v1/nodes_groups/tried", { teams: ["dbas"] }));
    expect([changed.nodes, changed.teams]).toEqual([["db01.example"], ["dbas"]]);
    expect(await status(admin("PUT", "/api/v1/nodes_groups/tried", { teams: ["nobody"] }))).toBe(422);
    await admin("DELETE", "/api/v1/teams/dbas");
    expect((await json(admin("GET", "/api/v1/nodes_groups/tried"))).teams).toEqual([]);
  });

  it("show who would come and go, and by which rule a node is in which", async () => {
    await members(rule({ fact: "role", value: "db" }));
    const filters = [{ name: "the web", part: [{ fact: "role", value: "web" }] }];
    expect(await json(admin("PUT", "/api/v1/nodes_groups/tried?dry_run=true", { filters }))).toEqual({
      dry_run: true,
      size: 2,
      coming: { nodes: ["web01.example", "web02.example"], size: 2 },
      going: { nodes: ["db01.example"], size: 1 },
    });
    expect((await json(admin("GET", "/api/v1/nodes_groups/tried"))).nodes).toEqual(["db01.example"]);
    const seer = await product.someone("seer", { groups: { "of-seer": filters } });
    expect(await json(seer("GET", "/api/v1/nodes/web01.example/groups"))).toEqual({
      result: [{ id: "of-seer", rules: [{ index: 0, name: "the web" }] }],
    });
    expect(await status(seer("GET", "/api/v1/nodes/db01.example/groups"))).toBe(404);
    expect(await json(admin("GET", "/api/v1/access/explain?user=seer&node=web01.example"))).toMatchObject({
      allowed: true,
      reasons: [{ kind: "group", group: "of-seer", team: "seer-team", rules: [{ index: 0, name: "the web" }] }],
    });
    expect(await json(admin("GET", "/api/v1/access/explain?user=seer&node=db01.example"))).toMatchObject({
      allowed: false,
    });
    expect(await json(seer("GET", "/api/v1/access/explain?node=db01.example"))).toMatchObject({
      allowed: false,
      reasons: [{ kind: "none", text: 'There is no node "db01.example"' }],
    });
    expect(await status(seer("GET", "/api/v1/access/explain?user=admin&permission=NODES::DELETE"))).toBe(403);
  });

  it("are asked of the store each time: facts that change move a node at once", async () => {
    const seer = await product.someone("watcher", {
      groups: { moving: [{ part: [{ fact: "role", value: "moved" }] }] },
    });
    expect((await json(seer("GET", "/api/v1/nodes"))).result).toEqual([]);
    await fill(product.store.estate, [factsOf("db01.example", 9000, '{"role":"moved","cpus":16}')]);
    expect((await json(seer("GET", "/api/v1/nodes"))).result).toMatchObject([{ id: "db01.example" }]);
    await fill(product.store.estate, [factsOf("db01.example", 9500, '{"role":"db","cpus":16}')]);
    expect(await status(seer("GET", "/api/v1/nodes/db01.example/facts"))).toBe(404);
  });
});

describe("lists", () => {
  it("go on by a cursor without gaps or doubles while others are made and removed", async () => {
    for (let i = 0; i < 25; i++) await admin("POST", `/api/v1/teams/many${String(i).padStart(2, "0")}`, {});
    const seen: string[] = [];
    let cursor: string | null = "";
    for (let page = 0; cursor !== null; page++) {
      const query: string = `?limit=7&fields=id&team_id=^many&sort_order=descending${
        cursor ? `&cursor=${cursor}` : ""
      }`;
      const { result, meta } = await json(admin("GET", `/api/v1/teams${query}`));
      seen.push(...result.map((each: { id: string }) => each.id));
      cursor = meta.next;
      if (page === 0) await admin("DELETE", "/api/v1/teams/many24");
      if (page === 1) await admin("POST", "/api/v1/teams/many99", {});
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `many${String(24 - i).padStart(2, "0")}`));
    expect(await status(admin("GET", "/api/v1/teams?cursor=nonsense"))).toBe(400);
  });

  it("of nodes go on by a cursor in each order", async () => {
    for (const sort of ["id", "environment", "change_facts", "report.status", "change_last"]) {
      for (const order of ["ascending", "descending"]) {
        const whole =
          (await json(admin("GET", `/api/v1/nodes?limit=100&sort=${sort}&sort_order=${order}&fields=id`))).result;
        const paged: unknown[] = [];
        for (let cursor: string | null = ""; cursor !== null;) {
          const at: string = `/api/v1/nodes?limit=1&sort=${sort}&sort_order=${order}&fields=id${
            cursor ? `&cursor=${cursor}` : ""
          }`;
          const { result, meta } = await json(admin("GET", at));
          paged.push(...result);
          cursor = meta.next;
        }
        expect([sort, order, paged]).toEqual([sort, order, whole]);
      }
    }
  });
});

describe("permissions for one object", () => {
  it("are for that one, are granted only while it is there, and go with it", async () => {
    await admin("POST", "/api/v1/ca/spaces/web", { ca_id: "puppet-ca" });
    const permission = "CA:SPACES:web:CERTS::UPDATE";
    expect(await status(admin("POST", "/api/v1/teams/ghosts", { permissions: ["CA:SPACES:none:CERTS::UPDATE"] }))).toBe(
      422,
    );
    expect(await status(admin("POST", "/api/v1/teams/ghosts", { permissions: ["NODES::FLY"] }))).toBe(422);
    const signer = await product.someone("signer", { permissions: [permission] });
    const sign = (space: string) =>
      status(signer("POST", "/api/v1/ca/certificates/sign", { space, certnames: ["x.example"] }));
    expect([await sign("web"), await sign("puppet-ca")]).toEqual([200, 403]);
    expect(await status(signer("POST", "/api/v1/ca/certificates/clean", { space: "web", certnames: ["x.example"] })))
      .toBe(403);
    const { dynamic } = await json(admin("GET", "/api/v1/permissions"));
    expect(dynamic).toContain(permission);
    expect(await status(admin("DELETE", "/api/v1/ca/spaces/web"))).toBe(200);
    await admin("POST", "/api/v1/ca/spaces/web", { ca_id: "puppet-ca" });
    expect(await sign("web")).toBe(403);
  });

  it("CA spaces have an ETag that a lost update fails on", async () => {
    const tag = (await admin("GET", "/api/v1/ca/spaces/web")).headers.get("ETag")!;
    const change = (description: string) =>
      status(admin("PUT", "/api/v1/ca/spaces/web", { description }, { "If-Match": tag }));
    expect([await change("one"), await change("two")]).toEqual([200, 412]);
  });
});

describe("many at once", () => {
  it("are judged one by one, among the nodes that one sees", async () => {
    await fill(product.store.estate, [
      factsOf("bulk01.example", 1, '{"role":"bulk"}'),
      factsOf("bulk02.example", 1, '{"role":"other"}'),
    ]);
    const worker = await product.someone("worker", {
      permissions: ["NODES::UPDATE", "NODES::DELETE"],
      groups: { bulk: [{ part: [{ fact: "role", values: ["bulk"] }] }] },
    });
    const nodes = ["bulk01.example", "bulk02.example", "nobody.example"];
    const outcomes = async (path: string, body: unknown) =>
      (await json(worker("POST", path, body))).result.map((each: { done: boolean }) => each.done);
    expect(await outcomes("/api/v1/nodes/_bulk/update", { nodes, disabled: true })).toEqual([true, false, false]);
    expect((await json(admin("GET", "/api/v1/nodes/bulk02.example"))).disabled).toBe(false);
    expect(await outcomes("/api/v1/nodes/_bulk/delete", { nodes })).toEqual([true, false, false]);
    expect(await status(admin("GET", "/api/v1/nodes/bulk02.example"))).toBe(200);
    expect(await status(admin("GET", "/api/v1/nodes/bulk01.example"))).toBe(404);
  });

  it("secrets are hidden, and named by their place, never by what they are", async () => {
    const answer = await admin("POST", "/api/v1/nodes_secrets_redactor/_bulk", {
      values: ["a first secret", "x", "a second secret"],
    });
    const text = await answer.text();
    expect(JSON.parse(text).result.map((each: { done: boolean }) => each.done)).toEqual([true, false, true]);
    expect(text).not.toContain('secret"');
    expect(text).not.toContain("a first secret");
  });
});

describe("an Idempotency-Key", () => {
  it("makes a create that is sent again the same one, for the same user and body only", async () => {
    await admin("POST", "/api/v1/users/twice", {});
    const send = (key: string, body: unknown = { description: "one" }) =>
      admin("POST", "/api/v1/users/twice/credentials", body, { "Idempotency-Key": key });
    const [first, again] = [await send("key-1"), await send("key-1")];
    expect([first.status, again.status, again.headers.get("Idempotent-Replayed")]).toEqual([201, 201, "true"]);
    expect(await again.json()).toEqual(await first.json());
    expect((await json(admin("GET", "/api/v1/users/twice/credentials"))).meta.result_size).toBe(1);
    expect(await status(send("key-1", { description: "two" }))).toBe(422);
    expect(await status(send("key-2"))).toBe(201);
    const at_once = await Promise.all(Array.from({ length: 5 }, () => status(send("key-3"))));
    expect(at_once.filter((each) => each === 201).length).toBeGreaterThan(0);
    expect((await json(admin("GET", "/api/v1/users/twice/credentials"))).meta.result_size).toBe(3);
    // with a login that may do less there is nothing to be had
    const { secret } = await json(admin("POST", "/api/v1/users/_self/credentials", { permissions: ["USERS::GET"] }));
    const limited = product.withHeaders({ Authorization: `Bearer ${secret}`, "Idempotency-Key": "key-1" });
    expect(await status(limited("POST", "/api/v1/users/twice/credentials", { description: "one" }))).toBe(403);
    // what failed may be tried again
    const bad = () => admin("POST", "/api/v1/teams/late", { users: ["later"] }, { "Idempotency-Key": "key-4" });
    expect(await status(bad())).toBe(422);
    await admin("POST", "/api/v1/users/later", {});
    expect(await status(bad())).toBe(201);
    expect(JSON.stringify(await product.store.documents.find("idempotency"))).not.toContain('"secret"');
  });
});
