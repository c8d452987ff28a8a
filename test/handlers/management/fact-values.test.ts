import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { factPath } from "../../../handlers/core/nodes/fact-test.ts";
import { factValues } from "../../../handlers/core/nodes/fact-values.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import { timestamp } from "../../../handlers/interfaces/clock.ts";
import type { Store } from "../../../handlers/interfaces/store.ts";
import { formsOf } from "../../../handlers/core/redaction/forms.ts";
import { createTestClock } from "../../support/clock.ts";
import { factsOf, fill, openTestStore, redactorOf, reportOf } from "../../support/estate.ts";
import { type Caller, createTestManagement, noRules } from "../../support/management.ts";

const clock = createTestClock();
const now = clock.now();
const [known, marked] = ["hunter2-known", "hunter2-marked"];
const redactor = () => redactorOf([known]);

let store: Store;
let call: Caller;

const get = async (query: string, status = 200) => {
  const response = await call("GET", `/api/v1/nodes/_distinct_fact_values?${query}`);
  const text = await response.text();
  expect([query, response.status, text.slice(0, 300)]).toEqual([query, status, text.slice(0, 300)]);
  // deno-lint-ignore no-explicit-any -- a JSON answer of any form
  return { text, body: JSON.parse(text) as any };
};
const pairs = async (query: string): Promise<string> => {
  const { body } = await get(query);
  return body.result.map((each: { value: unknown; count: number }) => `${JSON.stringify(each.value)}=${each.count}`)
    .join(" ");
};

beforeAll(async () => {
  store = await openTestStore(clock);
  await store.estate.hide(seal({ patterns: [...formsOf(known)], factPaths: [["by", "place"]], parameters: [] }));
  await store.estate.storeCatalog({
    certname: "node1",
    catalog_uuid: "uuid",
    environment: "production",
    version: "1",
    code_id: null,
    received_at: timestamp(now),
    hash: "f".repeat(64),
    content: seal("{}"),
    marks: seal({ values: [marked], parameters: {} }),
  });
  const facts = [
    `{"os":{"family":"Debian"},"n":1,"mixed":"b","a":{"0":"key"},"l":["x",{"y":1}],"secret":"${marked}",` +
    '"by":{"place":1}}',
    `{"os":{"family":"Debian"},"n":9007199254740993,"mixed":true,"l":["z"],"secret":"${known}","by":{"place":2}}`,
    `{"os":{"family":"RedHat"},"n":1.50,"mixed":10,"l":["x"],"secret":"open"}`,
    `{"os":{"family":"Suse"},"n":1,"mixed":[1],"secret":"${known}"}`,
    `{"os":{"family":"Debian"},"mixed":{"a":1}}`,
    `{"os":{"family":null},"mixed":false}`,
    `{"mixed":2}`,
  ];
  await fill(
    store.estate,
    facts.map((each, at) =>
      factsOf(`node${at + 1}`, now - 3_600_000, each, { environment: at === 2 ? "test" : "production" })
    ),
  );
  await fill(store.estate, [
    reportOf("node1", now - 1000, { status: "failed" }),
    reportOf("node4", now - 30 * 3_600_000, { status: "changed" }),
    { command: "deactivate node", certname: "node5", producer_timestamp: timestamp(now) },
  ]);
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

describe("GET /nodes/_distinct_fact_values", () => {
  it.each([
    ["fact_id=os.family", '"Debian"=3 "RedHat"=1 "Suse"=1'],
    ["fact_id=os.family&sort_order=descending", '"Suse"=1 "RedHat"=1 "Debian"=3'],
    ["fact_id=os.family&sort=count", '"RedHat"=1 "Suse"=1 "Debian"=3'],
    ["fact_id=os.family&sort=count&sort_order=descending", '"Debian"=3 "RedHat"=1 "Suse"=1'],
    // only what is a single value
    ["fact_id=mixed", 'false=1 true=1 2=1 10=1 "b"=1'],
    ["fact_id=os", ""],
    ["fact_id=nothing.here", ""],
    ["fact_id=l.0", '"x"=2 "z"=1'],
    ["fact_id=l[0]", '"x"=2 "z"=1'],
    ["fact_id=l.1.y", "1=1"],
    ["fact_id=a.0", '"key"=1'],
    ["fact_id=", ""],
    ["fact_id=os.", ""],
  ])("%s", async (query, expected) => {
    expect(await pairs(query)).toBe(expected);
  });

  it("gives numbers as they were sent", async () => {
    expect((await get("fact_id=n")).text).toBe(
      '{"result":[{"value":1,"count":2},{"value":1.50,"count":1},{"value":9007199254740993,"count":1}],' +
        '"meta":{"result_size":3}}',
    );
  });

  it.each([
    ["environment=test", '"RedHat"=1'],
    ["environment=tes", ""],
    ["disabled=true", '"Debian"=1'],
    ["disabled=false", '"Debian"=2 "RedHat"=1 "Suse"=1'],
    ["report_status=failed", '"Debian"=1'],
    ["report_status=outdated", '"Suse"=1'],
    ["fact=n:gt:int:0&fact=n:lt:int:2", '"Debian"=1 "RedHat"=1 "Suse"=1'],
    ["fact=n:gt:int:0&fact=n:lt:int:2&environment=production", '"Debian"=1 "Suse"=1'],
  ])("counts only nodes of the filter: %s", async (query, expected) => {
    expect(await pairs(`fact_id=os.family&${query}`)).toBe(expected);
  });

  it("pages, with the number of all (W42)", async () => {
    const { body } = await get("fact_id=os.family&limit=1&page=1");
    expect(body).toEqual({ result: [{ value: "RedHat", count: 1 }], meta: { result_size: 3 } });
    expect((await get("fact_id=os.family&limit=2&page=2")).body).toEqual({ result: [], meta: { result_size: 3 } });
    expect((await get("fact_id=os.family&limit=1&fields=count")).body.result).toEqual([{ count: 3 }]);
  });

  it("shows, groups and sorts what may be seen", async () => {
    expect(await pairs("fact_id=secret")).toBe('"XXXXX"=3 "open"=1');
    expect(await pairs("fact_id=by.place")).toBe('"XXXXX"=2');
    expect(await pairs("fact_id=secret&fact=secret:regex:str:^hunter")).toBe("");
    expect((await get("fact_id=secret")).text).not.toMatch(/hunter2|sealed/);
  });

  it.each([
    ["", "fact_id"],
    ["fact_id=a..b", "fact_id"],
    ["fact_id=a[", "fact_id"],
    ["fact_id=a&fact=b", "fact"],
    ["fact_id=a&sort=name", "sort"],
    ["fact_id=a&report_status=^fail", "report_status"],
    ["fact_id=a&limit=0", "limit"],
    ["fact_id=a&other=1", "other"],
  ])("refuses %s and names the field", async (query, field) => {
    const { body } = await get(query, 400);
    expect(body).toMatchObject({ status: 400 });
    expect(JSON.stringify(body)).toContain(field);
  });

  it("knows only the nodes that the reader sees", async () => {
    const scope = { op: "in", left: [{ field: "certname" }], values: [["node1"], ["node3"]] } as const;
    const { values, size } = await factValues({ estate: store.estate, redactor, scope }).factValues({
      path: factPath("os.family"),
      outdatedBefore: timestamp(now),
      sort: "value",
      direction: "asc",
      limit: 10,
      offset: 0,
    });
    expect([values.map(({ value, count }) => `${value.text}=${count}`).join(" "), size]).toEqual([
      '"Debian"=1 "RedHat"=1',
      2,
    ]);
  });
});
