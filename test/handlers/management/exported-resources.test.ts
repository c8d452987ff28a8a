import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedResources } from "../../../handlers/core/nodes/exported-resources.ts";
import { formsOf } from "../../../handlers/core/redaction/forms.ts";
import { timestamp } from "../../../handlers/interfaces/clock.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { createTestClock } from "../../support/clock.ts";
import {
  catalogOf,
  factsOf,
  fill,
  openTestStore,
  recordedCatalogs,
  recordedCommands,
  recordedSecrets,
  redactorOf,
  resourceOf,
} from "../../support/estate.ts";
import { type Caller, createTestManagement, noRules } from "../../support/management.ts";

const clock = createTestClock();
const now = clock.now();
const [known, marked] = ["hunter2-known", "hunter2-marked"];
const redactor = () => redactorOf([known]);
const exported = true;

let store: Store;
let call: Caller;

const get = async (query: string, status = 200) => {
  const response = await call("GET", `/api/v1/nodes/_exported_resources?${query}`);
  const text = await response.text();
  expect([query, response.status, text.slice(0, 300)]).toEqual([query, status, text.slice(0, 300)]);
  // deno-lint-ignore no-explicit-any -- a JSON answer of any form
  return { text, body: JSON.parse(text) as any };
};
const named = (body: { result: readonly { node_id: string; title: string }[] }): string =>
  body.result.map((each) => `${each.node_id}:${each.title}`).join(" ");
const listed = async (query: string): Promise<string> => named((await get(`resource_type=Nagios_host&${query}`)).body);

beforeAll(async () => {
  store = await openTestStore(clock);
  await store.estate.hide(seal({ patterns: [...formsOf(known)], factPaths: [], parameters: [] }));
  await store.estate.storeCatalog({
    certname: "web1",
    catalog_uuid: "uuid",
    environment: "production",
    version: "1",
    code_id: null,
    received_at: timestamp(now),
    hash: "f".repeat(64),
    content: seal("{}"),
    marks: seal({ values: [marked], parameters: { "Nagios_host[a]": ["pin"] } }),
  });
  const host = (title: string, parameters = "{}", tags: readonly string[] = []) =>
    resourceOf("Nagios_host", title, parameters, { exported, tags });
  await fill(store.estate, [
    factsOf("web1", now, '{"os":{"family":"Debian"}}'),
    factsOf("web2", now, '{"os":{"family":"RedHat"}}'),
    catalogOf("web1", now - 1000, [host("former")]),
    catalogOf("web1", now, [
      resourceOf("Nagios_host", "a", `{"n":9007199254740993,"pin":"1234","note":"is ${known}, ${marked}"}`, {
        exported,
        tags: ["nagios_host", "prod", marked],
        file: "/site.pp",
        line: 12,
      }),
      host(marked),
      host(`${marked}!`),
      resourceOf("Nagios_host", "not exported"),
      resourceOf("Demo::Vhost", "www", "{}", { exported }),
    ]),
    catalogOf("web2", now, [host("b", "{}", ["prod", "eu"]), host(marked), host(known, "{}", ["eu", known])], {
      environment: "test",
    }),
    catalogOf("web3", now, [host("c", "{}", ["prod"])]),
    { command: "deactivate node", certname: "web3", producer_timestamp: timestamp(now + 1000) },
  ]);
  await fill(store.estate, await recordedCommands());
  for (const whole of await recordedCatalogs()) await store.estate.storeCatalog(whole);
  const management = await createTestManagement({
    clock,
    deps: {
      estate: store.estate,
      secrets: {
        redactor,
        add: () => Promise.reject(new Error("Not used here")),
        remove: () => Promise.resolve(false),
        rules: noRules,
      },
    },
  });
  call = await management.loggedIn();
});
afterAll(() => store.close());

describe("GET /nodes/_exported_resources", () => {
  it("shows each with its node, secrets and marked values replaced, numbers as they were sent", async () => {
    const { text, body } = await get("resource_type=Nagios_host&resource_title=a");
    expect(text).toContain('"n":9007199254740993');
    expect(body).toEqual({
      result: [{
        node_id: "web1",
        type: "Nagios_host",
        title: "a",
        exported: true,
        tags: ["XXXXX", "nagios_host", "prod"],
        parameters: { n: 9007199254740992, pin: "XXXXX", note: "is XXXXX, XXXXX" },
        file: "/site.pp",
        line: 12,
      }],
      meta: { result_size: 1, next: null },
    });
  });

  it("are those of the present catalogs, sorted as they are shown", async () => {
    expect(await listed("")).toBe(
      `web1:XXXXX web2:XXXXX web1:XXXXX! web1:a web2:b web3:c web2:${marked}`,
    );
    expect(await listed("sort=title&sort_order=descending")).toBe(
      `web2:${marked} web3:c web2:b web1:a web1:XXXXX! web1:XXXXX web2:XXXXX`,
    );
    expect(await listed("sort=node_id&sort_order=descending")).toBe(
      `web3:c web2:XXXXX web2:b web2:${marked} web1:XXXXX web1:XXXXX! web1:a`,
    );
    expect(await listed("sort=type")).toBe(await listed(""));
  });

  it.each([
    ["resource_tags=prod", "web1:a web2:b web3:c"],
    ["resource_tags=prod&resource_tags=eu", "web2:b"],
    ["resource_title=b", "web2:b"],
    ["resource_title=B", ""],
    ["environment=test&resource_tags=eu", "web2:XXXXX web2:b"],
    ["environment=tes", ""],
    ["disabled=true", "web3:c"],
    ["disabled=false&resource_tags=prod", "web1:a web2:b"],
    ["fact=os.family:eq:str:Debian&resource_tags=prod", "web1:a"],
    ["fact=os.family:ne:str:Debian&fact=os.family:ne:str:RedHat&resource_tags=prod", "web3:c"],
  ])("are filtered: %s", async (query, expected) => {
    expect(await listed(query)).toBe(expected);
  });

  it("tell nothing about what is hidden", async () => {
    expect(await listed(`resource_title=${known}`)).toBe("");
    expect(await listed(`resource_tags=${known}`)).toBe("");
    expect(await listed(`resource_tags=${marked}`)).toBe("");
    // another node may show it: Puppet marked it for one only
    const { body, text } = await get(`resource_type=nagios_host&resource_title=${marked}`);
    expect([named(body), body.meta.result_size]).toEqual([`web2:${marked}`, 1]);
    expect(text).not.toContain("sealed");
    expect(await listed("resource_title=XXXXX")).toBe("web1:XXXXX web2:XXXXX");
    expect(await listed("resource_tags=XXXXX")).toBe("web2:XXXXX web1:a");
    expect((await get("resource_type=nagios_host")).text).not.toContain(known);
    expect(atob((await get("resource_type=nagios_host&limit=1")).body.meta.next)).not.toContain("hunter2");
  });

  it("takes a type in any case", async () => {
    expect(named((await get("resource_type=demo::vhost")).body)).toBe("web1:www");
    expect(named((await get("resource_type=DEMO::VHOST")).body)).toBe("web1:www");
    expect(named((await get("resource_type=demo")).body)).toBe("");
  });

  it.each(["title", "node_id"])(
    "pages by cursor, without gaps or doubles where titles are hidden: %s",
    async (sort) => {
      for (const order of ["ascending", "descending"]) {
        for (const limit of [1, 2, 3]) {
          const query = `resource_type=nagios_host&sort=${sort}&sort_order=${order}&limit=${limit}`;
          const pages: string[] = [];
          for (let next: string | null = ""; next !== null;) {
            const { body } = await get(next === "" ? query : `${query}&cursor=${next}`);
            expect(body.meta.result_size).toBe(7);
            pages.push(named(body));
            next = body.meta.next;
          }
          expect(pages.join(" ")).toBe(await listed(`sort=${sort}&sort_order=${order}`));
          const { body } = await get(`${query}&page=1`);
          expect(named(body)).toBe(pages[1]);
        }
      }
    },
  );

  it("goes through many that look the same", async () => {
    const secrets = Array.from({ length: 25 }, (_, i) => `many-${known}-${i}`);
    const long = await openTestStore(clock);
    await long.estate.hide(seal({ patterns: secrets, factPaths: [], parameters: [] }));
    await fill(long.estate, [
      catalogOf("one", now, secrets.map((each) => resourceOf("Host", each, `{"n":"${each.slice(-2)}"}`, { exported }))),
    ]);
    const read = exportedResources({ estate: long.estate, redactor: () => redactorOf(secrets), scope: undefined });
    const seen: string[] = [];
    let after: Parameters<typeof read.exportedResources>[0]["after"];
    do {
      const found = await read.exportedResources({
        type: "host",
        nodes: {},
        sort: "title",
        direction: "asc",
        limit: 4,
        offset: 0,
        after,
      });
      seen.push(...found.resources.map(({ parameters }) => parameters.text));
      after = found.next;
    } while (after);
    expect([seen.length, new Set(seen).size]).toEqual([25, 25]);
    await long.close();
  });

  it("shows what real nodes export", async () => {
    const { text, body } = await get("resource_type=demo::monitored&limit=1000");
    expect(body.meta.result_size).toBeGreaterThan(0);
    for (const secret of recordedSecrets) expect(text).not.toContain(secret);
    expect((await get("resource_type=demo::monitored&fields=title&limit=1")).body.result[0]).toEqual({
      title: body.result[0].title,
    });
  });

  it.each([
    ["", "resource_type"],
    ["resource_type=", "resource_type"],
    ["resource_type=a:b", "resource_type"],
    ["resource_type=a&resource_title=", "resource_title"],
    ["resource_type=a&fact=x", "fact"],
    ["resource_type=a&sort=tags", "sort"],
    ["resource_type=a&cursor=x", "cursor"],
    [`resource_type=a&cursor=${btoa('["title asc","a","b",-1]')}`, "cursor"],
    [`resource_type=a&sort=node_id&cursor=${btoa('["title asc","a","b",1]')}`, "cursor"],
  ])("refuses %s and names the field", async (query, field) => {
    expect(JSON.stringify((await get(query, 400)).body)).toContain(field);
  });

  it("knows only the nodes that the reader sees", async () => {
    const scope = { op: "=", left: { field: "facts", path: ["os", "family"], shown: true }, right: "RedHat" } as const;
    const { resources, size, next } = await exportedResources({ estate: store.estate, redactor, scope })
      .exportedResources({
        type: "Nagios_host",
        nodes: { disabled: false },
        sort: "title",
        direction: "asc",
        limit: 10,
        offset: 0,
      });
    expect([new Set(resources.map((each) => each.node_id)), size, next]).toEqual([new Set(["web2"]), 3, undefined]);
  });
});
