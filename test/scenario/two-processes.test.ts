import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { factsOf, fill } from "../support/estate.ts";
import { type Asks, openProduct, type WholeProduct } from "../support/whole-product.ts";

/** Two products over one file know of each other's changes by the file alone, as two processes do. */
describe("two processes on one store", () => {
  let here: WholeProduct;
  let there: WholeProduct;
  let admin: Asks;
  const status = async (answer: Promise<Response>) => (await answer).status;
  /** What the other process answers as soon as it is what it should be, within a second. */
  const within = async <T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> => {
    const until = performance.now() + 1000;
    for (;;) {
      const answer = await ask();
      if (wanted(answer) || performance.now() > until) return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  beforeAll(async () => {
    here = await openProduct();
    there = await openProduct({ dir: here.dir });
    admin = await here.administrator();
    await fill(here.store.estate, [
      factsOf("web01.example", 1000, '{"role":"web","motd":"the secret of the site"}'),
      factsOf("db01.example", 1000, '{"role":"db"}'),
    ]);
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  it("end a session that the other one ended", async () => {
    await admin("POST", "/api/v1/users/guest", { password: "a pass phrase of a guest" });
    const login = await there.anonymous("POST", "/api/v1/authenticate", {
      user: "guest",
      password: "a pass phrase of a guest",
    });
    const guest = there.withHeaders({ Cookie: login.headers.getSetCookie()[0]!.split(";")[0]! });
    expect(await status(guest("GET", "/api/v1/authenticate"))).toBe(200);
    await admin("DELETE", "/api/v1/users/guest/sessions");
    expect(await within(() => status(guest("GET", "/api/v1/authenticate")), (each) => each === 401)).toBe(401);
  });

  it("give and take permissions, credentials and sight that the other one gave and took", async () => {
    await admin("POST", "/api/v1/users/robot", {});
    await admin("POST", "/api/v1/teams/robots", { users: ["robot"] });
    const { id, secret } = await (await admin("POST", "/api/v1/users/robot/credentials", {})).json();
    const robot = there.withHeaders({ Authorization: `Bearer ${secret}` });
    expect(await within(() => status(robot("GET", "/api/v1/teams")), (each) => each === 403)).toBe(403);
    await admin("PUT", "/api/v1/teams/robots", { permissions: ["TEAMS::GET"] });
    expect(await within(() => status(robot("GET", "/api/v1/teams")), (each) => each === 200)).toBe(200);
    await admin("PUT", "/api/v1/teams/robots", { permissions: [] });
    expect(await within(() => status(robot("GET", "/api/v1/teams")), (each) => each === 403)).toBe(403);

    const names = async () =>
      (await (await robot("GET", "/api/v1/nodes?fields=id")).json()).result.map((each: { id: string }) => each.id);
    expect(await names()).toEqual([]);
    const filters = (role: string) => [{ part: [{ fact: "role", values: [role] }] }];
    await admin("POST", "/api/v1/nodes_groups/some", { filters: filters("web"), teams: ["robots"] });
    expect(await within(names, (all) => all.length === 1)).toEqual(["web01.example"]);
    await admin("PUT", "/api/v1/nodes_groups/some", { filters: filters("db") });
    expect(await within(names, (all) => all[0] === "db01.example")).toEqual(["db01.example"]);
    expect(await status(robot("GET", "/api/v1/nodes/web01.example"))).toBe(404);

    await admin("DELETE", `/api/v1/users/robot/credentials/${id}`);
    expect(await within(() => status(robot("GET", "/api/v1/nodes")), (each) => each === 401)).toBe(401);
  });

  it("hide a secret that the other one was told, in what is shown and in what may be asked", async () => {
    const other = there.withHeaders({
      Authorization: `Bearer ${(await (await admin("POST", "/api/v1/users/_self/credentials", {})).json()).secret}`,
    });
    const facts = async () => await (await other("GET", "/api/v1/nodes/web01.example/facts")).text();
    const found = async () =>
      (await (await other("GET", "/api/v1/nodes?fact=motd:regex:str:^the%20sec")).json()).meta.result_size;
    expect(await within(facts, (text) => text.includes("motd"))).toContain("the secret of the site");
    expect(await found()).toBe(1);
    const made = await (await admin("POST", "/api/v1/nodes_secrets_redactor", { value: "the secret of the site" }))
      .json();
    expect(await within(facts, (text) => !text.includes("the secret"))).not.toContain("the secret");
    expect(await within(found, (size) => size === 0)).toBe(0);
    await admin("DELETE", `/api/v1/nodes_secrets_redactor/${made.id}`);
    expect(await within(facts, (text) => text.includes("the secret"))).toContain("the secret");
    const rule = await admin("POST", "/api/v1/nodes_secrets_rules", { kind: "fact", fact: "motd" });
    expect(rule.status).toBe(201);
    expect(await within(facts, (text) => !text.includes("the secret"))).not.toContain("the secret");
    expect(await within(found, (size) => size === 0)).toBe(0);
  });

  it("count wrong passwords together", async () => {
    await admin("POST", "/api/v1/users/target", { password: "a pass phrase of a target" });
    const seen = [];
    for (let i = 0; i < 7; i++) {
      const product = i % 2 === 0 ? here : there;
      seen.push(await status(product.anonymous("POST", "/api/v1/authenticate", { user: "target", password: "wrong" })));
    }
    expect([seen[0], seen.at(-1)]).toEqual([401, 429]);
    const right = { user: "target", password: "a pass phrase of a target" };
    expect(await status(there.anonymous("POST", "/api/v1/authenticate", right))).toBe(429);
  });

  it("write one audit log that holds", async () => {
    const verified = await (await admin("GET", "/api/v1/audit/_verify")).json();
    expect(verified).toMatchObject({ ok: true, problem_count: 0 });
    const { result } = await (await admin("GET", "/api/v1/audit?limit=100&action=POST%20*")).json();
    expect(result.map((each: { target: string }) => each.target)).toContain("nodes_groups/some");
    expect(JSON.stringify(result)).not.toContain("pass phrase");
  });
});
