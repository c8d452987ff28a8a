import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Condition, Plan } from "../../../../handlers/core/query/plan.ts";
import { compileCount, compilePlan } from "../../../../runtime/storage/sqlite/compile-plan.ts";
import { connect, type Connection } from "../../../../runtime/storage/sqlite/connection.ts";
import { createHiding } from "../../../../runtime/storage/sqlite/hiding.ts";
import { openSqliteStore } from "../../../../runtime/storage/sqlite/open.ts";
import { findDocuments } from "../../../../runtime/storage/sqlite/read-documents.ts";
import type { Query } from "../../../../runtime/storage/sqlite/protocol.ts";
import { createTestClock } from "../../../support/clock.ts";
import { catalogOf, factsOf, reportOf, resourceOf } from "../../../support/estate.ts";
import { createRecordingLog } from "../../../support/log.ts";
import { createTestVault } from "../../../support/vault.ts";
import { storeFile } from "./store-file.ts";

const start = Date.UTC(2026, 0, 1);
const select = (...fields: string[]) => fields.map((field) => ({ as: field, field }));
const is = (field: string, right: string | boolean): Condition => ({ op: "=", left: { field }, right });
const and = (...of: Condition[]): Condition => ({ op: "and", of });
const active: Condition = {
  op: "in",
  left: [{ field: "certname" }],
  plan: { entity: "nodes", select: select("certname"), where: is("active", true) },
};
const newest = [{ field: "producer_timestamp", direction: "desc" }, { field: "hash" }] as const;

/** What the product asks all the time, and the index that each must use. */
const plans: readonly (readonly [name: string, index: RegExp, plan: Plan])[] = [
  ["a node by name", /SEARCH n1 USING INDEX sqlite_autoindex_nodes_1 \(certname=\?\)/, {
    entity: "nodes",
    select: [],
    where: is("certname", "node007"),
  }],
  ["a page of nodes by name", /SCAN n1 USING INDEX sqlite_autoindex_nodes_1/, {
    entity: "nodes",
    select: [],
    order: [{ field: "certname" }],
    limit: 50,
  }],
  ["a page of nodes by last run", /SCAN n1 USING INDEX nodes_report/, {
    entity: "nodes",
    select: [],
    order: [{ field: "report_timestamp", direction: "desc" }, { field: "certname", direction: "desc" }],
    limit: 50,
  }],
  ["nodes that failed", /SEARCH n1 USING INDEX nodes_status \(latest_report_status=\?\)/, {
    entity: "nodes",
    select: [],
    where: is("latest_report_status", "failed"),
    order: [{ field: "certname" }],
  }],
  ["facts of a node", /SEARCH n1 USING .*certname=\?/, {
    entity: "factsets",
    select: [],
    where: is("certname", "node007"),
  }],
  ["exported resources of a type", /SEARCH c1 USING INDEX resource_contents_exported \(type=\?\)/, {
    entity: "resources",
    select: [],
    where: and(is("type", "Host"), is("exported", true), { op: "not", of: is("certname", "node007") }, active),
  }],
  ["exported resources with a tag", /resource_contents_exported|resource_tags/, {
    entity: "resources",
    select: [],
    where: and(is("type", "Host"), is("exported", true), { op: "has", left: { field: "tags" }, right: "web" }, active),
  }],
  ["who has a class", /SEARCH c1 USING COVERING INDEX resource_contents_type \(type=\? AND title=\?\)/, {
    entity: "resources",
    select: select("certname"),
    where: and(is("type", "Class"), is("title", "Role")),
  }],
  ["resources of a node", /SEARCH l1 USING PRIMARY KEY \(node=\?\)/, {
    entity: "resources",
    select: [],
    where: is("certname", "node007"),
  }],
  ["reports of a node, newest first", /SEARCH r1 USING INDEX reports_node \(node=\?\)/, {
    entity: "reports",
    select: select("hash", "status"),
    where: is("certname", "node007"),
    order: newest,
    limit: 20,
  }],
  ["newest reports of all", /SCAN r1 USING INDEX reports_time/, {
    entity: "reports",
    select: select("hash", "certname"),
    order: newest,
    limit: 20,
  }],
  ["newest failed reports", /SEARCH r1 USING INDEX reports_status \(status=\?\)/, {
    entity: "reports",
    select: select("hash", "certname"),
    where: is("status", "failed"),
    order: newest,
    limit: 20,
  }],
  ["a report by hash", /SEARCH r1 USING INDEX sqlite_autoindex_reports_1 \(hash=\?\)/, {
    entity: "reports",
    select: [],
    where: and(is("certname", "node007"), is("hash", "a".repeat(40))),
  }],
  ["reports that came in lately", /SEARCH r1 USING INDEX reports_received \(receive_time>\?\)/, {
    entity: "reports",
    select: select("hash"),
    where: { op: ">", left: { field: "receive_time" }, right: "2026-01-01T00:58:00.000Z" },
  }],
  ["latest report of a node", /SEARCH n1 USING .*certname=\?/, {
    entity: "reports",
    select: [],
    where: and(is("certname", "node007"), is("latest_report", true)),
  }],
  ["catalogs of a node", /SEARCH c1 USING INDEX catalogs_node \(node=\?\)/, {
    entity: "catalogs",
    select: select("id", "version"),
    where: is("certname", "node007"),
    order: [{ field: "producer_timestamp", direction: "desc" }, { field: "id", direction: "desc" }],
  }],
];

/** Tables that may be walked through: a page in an index's order, or what a bound list or a document holds. */
const walks = /^SCAN (?!n1 USING INDEX|r1 USING INDEX|j\d|json_each|value)/;

describe("plans on SQLite", () => {
  let connection: Connection;
  beforeAll(async () => {
    const path = storeFile();
    const store = await openSqliteStore({
      path,
      vault: await createTestVault(),
      clock: createTestClock(),
      log: createRecordingLog(),
    });
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const certname = `node${String(i).padStart(3, "0")}`;
        const at = start + i * 60_000;
        const shared = Array.from({ length: 80 }, (_, j) => resourceOf(j % 4 ? "File" : "Class", `/shared/${j}`));
        const own = resourceOf("Host", certname, "{}", { exported: true, tags: ["host", i % 2 ? "web" : "db"] });
        await store.estate.apply(factsOf(certname, at, '{"os":{"family":"Debian"}}'), at);
        await store.estate.apply(catalogOf(certname, at, [...shared, own, resourceOf("Class", "Role")]), at);
        for (let run = 0; run < 10; run++) {
          const status = run % 9 === 8 ? "failed" : "unchanged";
          await store.estate.apply(reportOf(certname, at + run, { status, hash: `${i}-${run}` }), at + run);
        }
      }),
    );
    await store.close();
    connection = connect(path, "writer", createHiding());
  });
  afterAll(() => connection.db.close());

  const explain = ({ sql, params }: Query): string[] =>
    (connection.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]).map((row) =>
      row.detail
    );

  for (const analysed of [false, true]) {
    describe(analysed ? "with statistics" : "without statistics", () => {
      beforeAll(() => analysed ? connection.db.exec("ANALYZE") : undefined);
      for (const [name, index, plan] of plans) {
        it(`find ${name} by an index`, () => {
          const steps = explain(compilePlan(plan));
          expect(steps.join("\n")).toMatch(index);
          expect(steps.filter((each) => walks.test(each))).toEqual([]);
          expect(steps.filter((each) => /USE TEMP B-TREE FOR ORDER BY/.test(each))).toEqual([]);
        });
      }
      it("counts the reports of a node without reading them", () => {
        const count = { entity: "reports", select: [], where: is("certname", "node007") } as const;
        expect(explain(compileCount(count)).join("\n")).toMatch(/r1 USING COVERING INDEX reports_node/);
      });
      it("finds documents by their declared keys", () => {
        const byUser = findDocuments("sessions", { where: is("user", "alice") }, start);
        expect(explain(byUser).join("\n")).toMatch(/USING INDEX doc_sessions_by_user/);
        const byPrint = findDocuments("redactor_secrets", { where: is("fingerprint", "f") }, start);
        expect(explain(byPrint).join("\n")).toMatch(/USING INDEX doc_redactor_secrets_by_fingerprint/);
      });
      it("finds what is due in a long queue by its heads", () => {
        const due = { sql: "SELECT 1 FROM commands c WHERE c.head = 1 AND c.next_at <= ? ORDER BY c.seq", params: [1] };
        expect(explain(due)).toEqual(["SCAN c USING COVERING INDEX commands_head"]);
      });
    });
  }

  it("bind every value and every path, whatever stands in it", () => {
    const nasty = "'; DROP TABLE nodes; --";
    const { sql, params } = compilePlan({
      entity: "factsets",
      select: [{ as: nasty, field: "facts", path: [nasty, 0] }],
      where: and(is("environment", nasty), { op: "json=", left: { field: "facts", path: [nasty] }, right: nasty }),
      groupBy: [{ field: "facts", path: [nasty, 0] }],
      limit: 5,
    });
    expect(sql).not.toContain("DROP");
    expect(params.filter((each) => String(each).includes("DROP")).length).toBeGreaterThanOrEqual(4);
  });
});
