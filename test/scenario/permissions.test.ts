import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { permissionFor } from "../../handlers/core/access/permissions.ts";
import type { OpenApi } from "../../handlers/management/openapi.ts";
import { catalogOf, factsOf, fill, reportOf, resourceOf } from "../support/estate.ts";
import { requestPem } from "../support/ca-requests.ts";
import { type Asks, openProduct, type WholeProduct } from "../support/whole-product.ts";

/** The body of each operation that has one; `with` is what stands for the path's parameters. */
const bodies: Readonly<Record<string, () => unknown>> = {
  "PUT /users/_self/password": () => ({ old: "not this one", new: "another pass phrase" }),
  "POST /users/{user}/credentials": () => ({ description: "for a test" }),
  "PUT /users/{user}/credentials/{credential}": () => ({ description: "other" }),
  "POST /users/{user}": () => ({ name: "New One" }),
  "PUT /users/{user}": () => ({ name: "Other" }),
  "POST /teams/{team}": () => ({ description: "new" }),
  "PUT /teams/{team}": () => ({ description: "other" }),
  "POST /nodes/{node}": () => ({ disabled: true }),
  "PUT /nodes/{node}": () => ({ disabled: true }),
  "POST /nodes/_bulk/update": () => ({ nodes: ["seen.example.test"], disabled: false }),
  "POST /nodes/_bulk/delete": () => ({ nodes: ["nobody.example.test"] }),
  "POST /nodes_groups/{node_group}": () => ({ filters: [{ part: [{ fact: "os.family", values: ["Debian"] }] }] }),
  "PUT /nodes_groups/{node_group}": () => ({ description: "other" }),
  "POST /nodes_secrets_redactor": () => ({ value: `planted ${count++} value` }),
  "POST /nodes_secrets_redactor/_bulk": () => ({ values: [`planted ${count++} value`] }),
  "POST /nodes_secrets_rules": () => ({ kind: "fact", fact: `place${count++}` }),
  "POST /ca/authorities/{authority}": () => ({ cn: "New CA", key: "p-256" }),
  "PUT /ca/authorities/{authority}": () => ({ status: "revoked" }),
  "POST /ca/spaces/{space}": () => ({ ca_id: "puppet-ca", description: "new" }),
  "PUT /ca/spaces/{space}": () => ({ description: "other" }),
  "POST /ca/tokens": () => ({ certname: "new.example.test" }),
  "POST /ca/certificates": () => requests.shift(),
  "POST /ca/certificates/sign": () => ({ certnames: ["nobody.example.test"] }),
  "POST /ca/certificates/revoke": () => ({ certnames: ["nobody.example.test"] }),
  "POST /ca/certificates/clean": () => ({ certnames: ["nobody.example.test"] }),
};
const queries: Readonly<Record<string, string>> = {
  "GET /nodes/_distinct_fact_values": "?fact_id=os.family",
  "GET /nodes/_exported_resources": "?resource_type=Notify",
  "GET /access/explain": "?permission=NODES::DELETE",
  "GET /ca/certificates/forecast": "?weeks=2",
};
/** A right permission and a good request, and yet not 2xx, for a reason of their own. */
const elsewhere: Readonly<Record<string, number>> = {
  // nobody's password is known here
  "PUT /users/_self/password": 422,
};
let count = 0;
/** Requests for certificates, each for a name of its own. */
const requests: { certname: string; request: string }[] = [];

type Operation = {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly open: boolean;
  readonly permission: string | undefined;
  readonly scoped: boolean;
};

const operationsOf = (document: OpenApi): readonly Operation[] =>
  Object.entries(document.paths).filter(([path]) => path.startsWith("/api/v1/")).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path.slice("/api/v1".length)}`,
      method: method.toUpperCase(),
      path,
      open: operation.security.length === 0,
      permission: operation["x-permission"],
      scoped: operation["x-scope"] === "nodes",
    }))
  );

describe("each operation of the OpenAPI document", () => {
  let product: WholeProduct;
  let admin: Asks;
  let operations: readonly Operation[] = [];
  const at = Date.UTC(2026, 10, 23);

  beforeAll(async () => {
    product = await openProduct();
    admin = await product.administrator();
    operations = operationsOf(await (await admin("GET", "/openapi.json")).json());
    for (let i = 0; i < 6; i++) {
      const certname = `made${i}.example.test`;
      requests.push({ certname, request: await requestPem(certname) });
    }
  });
  afterAll(() => product.close());

  /** What an operation works on, made anew for each: the one before may have taken it away. */
  const things = async () => {
    const { estate, queue } = product.store;
    for (const [i, name] of ["seen.example.test", "hidden.example.test"].entries()) {
      await fill(estate, [
        factsOf(name, at + i, JSON.stringify({ os: { family: "Debian" }, role: name.split(".")[0] })),
        catalogOf(name, at + i, [resourceOf("Notify", name, "{}", { exported: true })]),
        reportOf(name, at + i),
      ]);
    }
    const made = async (path: string, body: unknown = {}) => {
      const answer = await admin("POST", `/api/v1${path}`, body);
      return await answer.json() as { id: string };
    };
    await made("/users/target", { name: "Target" });
    await made("/teams/target");
    await made("/nodes_groups/target", { filters: [] });
    await made("/ca/spaces/target", { ca_id: "puppet-ca" });
    await made("/ca/authorities/parent", { cn: "Parent", key: "p-256" });
    await made("/ca/authorities/target", { cn: "Target", key: "p-256", parent_id: "parent" });
    const received = { command: "replace facts", version: 5, certname: "seen.example.test", producer_timestamp: null };
    const letter = `letter-${count++}`;
    const facts = { certname: "seen.example.test", environment: "production", values: {}, producer: null };
    const payload = new TextEncoder().encode(
      JSON.stringify({ ...facts, producer_timestamp: new Date(0).toISOString() }),
    );
    await queue.reject(letter, { ...received, payload }, "why not", at);
    const [report] = (await (await admin("GET", "/api/v1/nodes/seen.example.test/reports")).json()).result;
    const [catalog] = (await (await admin("GET", "/api/v1/nodes/seen.example.test/catalogs")).json()).result;
    const audit = (await (await admin("GET", "/api/v1/audit?limit=1")).json()).result?.[0];
    const certificate = (await (await admin("GET", "/api/v1/ca/certificates")).json()).result[0]?.id ??
      (await made("/ca/certificates", requests.shift())).id;
    const ofTarget = { op: "=", left: { field: "user" }, right: "target" } as const;
    await product.store.documents.removeWhere("credentials", ofTarget);
    await product.members.beat({ id: "target", host: "h", release: "1", parts: [], online_since: at });
    return {
      user: "target",
      team: "target",
      node: "seen.example.test",
      node_group: "target",
      space: "target",
      authority: "target",
      member: "target",
      dead_letter: letter,
      credential: (await product.access.credentials.create("target", {})).credential.id,
      session:
        (await product.access.sessions.start((await product.access.users.find("target"))!, "192.0.2.9")).session.id,
      secret: (await made("/nodes_secrets_redactor", { value: `target ${count++} value` })).id,
      rule: (await made("/nodes_secrets_rules", { kind: "fact", fact: `target${count++}` })).id,
      token: (await made("/ca/tokens", { certname: "target.example.test" })).id,
      report: report.id,
      catalog: catalog.id,
      other: undefined as string | undefined,
      audit: audit?.id,
      certificate,
    } as Record<string, string | undefined>;
  };
  const pathOf = (operation: Operation, of: Record<string, string | undefined>): string => {
    const creates = operation.method === "POST" && /\{\w+\}$/.test(operation.path);
    const last = /\{(\w+)\}$/.exec(operation.path)?.[1];
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      if (creates && name === last) return name === "node" ? `new${count++}.example.test` : `new${count++}`;
      const value = name === "other" ? of[/catalogs/.test(operation.path) ? "catalog" : "report"] : of[name];
      if (value === undefined) throw new Error(`Nothing stands for "${name}" of ${operation.name}`);
      return encodeURIComponent(value);
    });
    return path + (queries[operation.name] ?? "");
  };
  const send = async (ask: Asks, operation: Operation, of: Record<string, string | undefined>) => {
    const body = bodies[operation.name]?.();
    return await ask(operation.method, pathOf(operation, of), body);
  };

  it("is known to this test, with its body", async () => {
    const document: OpenApi = await (await admin("GET", "/openapi.json")).json();
    const withBody = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).filter(([, each]) => each.requestBody && each.security.length > 0).map(([method]) =>
        `${method.toUpperCase()} ${path.slice("/api/v1".length)}`
      )
    );
    expect(withBody.sort()).toEqual(Object.keys(bodies).sort());
    expect(operations.length).toBeGreaterThan(70);
  });

  it("answers 401 without a login", async () => {
    const of = await things();
    const wrong: string[] = [];
    for (const each of operations.filter(({ open }) => !open)) {
      const { status } = await send(product.anonymous, each, of);
      if (status !== 401) wrong.push(`${each.name}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it("answers 403 to a login without rights where it takes a permission, and 404 for a node", async () => {
    const nobody = await product.someone("nobody");
    const wrong: string[] = [];
    for (const each of operations.filter(({ open, name }) => !open && !(name in elsewhere))) {
      const of = await things();
      const { status } = await send(nobody, each, of);
      const wanted = each.permission ? [403] : each.path.includes("{node}") ? [404] : [200];
      if (!wanted.includes(status)) wrong.push(`${each.name}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it("answers 2xx with just the right permission", async () => {
    const wrong: string[] = [];
    for (const each of operations.filter(({ open }) => !open)) {
      const of = await things();
      const permissions = each.permission === undefined
        ? []
        : [each.permission.includes("{") ? permissionFor(each.permission as never, "target") : each.permission];
      const someone = await product.someone(`may${count++}`, { permissions, groups: seen() });
      const response = await send(someone, each, of);
      const wanted = elsewhere[each.name] ?? 200;
      if (wanted === 200 ? !response.ok : response.status !== wanted) {
        wrong.push(`${each.name}: ${response.status} ${await response.text()}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("answers 404 to who must not see the node, whatever he may do", async () => {
    const wrong: string[] = [];
    const every = new Set(operations.map((each) => each.permission).filter((each) => each && !each.includes("{")));
    every.delete("NODES:ALL::GET");
    const blind = await product.someone("blind", {
      permissions: [...every] as string[],
      groups: { blind: [{ part: [{ fact: "role", values: ["hidden"] }] }] },
    });
    for (const each of operations.filter(({ scoped, path }) => scoped && /\{(node|dead_letter)\}/.test(path))) {
      const of = await things();
      const { status } = await send(blind, each, of);
      if (status !== 404) wrong.push(`${each.name}: ${status}`);
    }
    for (
      const each of operations.filter(({ scoped, method, path }) => scoped && method === "GET" && !path.includes("{"))
    ) {
      const text = await (await send(blind, each, await things())).text();
      if (text.includes("seen.example.test")) wrong.push(`${each.name} shows it`);
    }
    const bulk = await blind("POST", "/api/v1/nodes/_bulk/delete", { nodes: ["seen.example.test"] });
    expect(await bulk.json()).toMatchObject({ result: [{ name: "seen.example.test", done: false }] });
    expect(wrong).toEqual([]);
  });

  const seen = () => ({ [`seen${count++}`]: [{ part: [{ fact: "role", values: ["seen"] }] }] });
});
