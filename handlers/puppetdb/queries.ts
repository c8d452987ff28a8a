import { type Context, Hono } from "hono";
import { planOf } from "../core/query/ast/plan.ts";
import type { EntityName } from "../core/query/entities.ts";
import type { Condition, Plan } from "../core/query/plan.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import { readBody } from "../http/read-body.ts";
import type { Estate, Row } from "../interfaces/estate.ts";
import type { Redactor } from "../interfaces/redactor.ts";
import { type Access, rightsOf } from "./access.ts";
import { pretty } from "./errors.ts";
import { askedOf } from "./paging.ts";
import { redacted, revealed, type RowText, streamRows } from "./rows.ts";

export type QueriesDeps = {
  readonly estate: Pick<Estate, "run" | "count">;
  readonly redactor: () => Redactor;
  readonly access: Access;
  /** Answers what is not understood here, where a real PuppetDB is behind us. */
  readonly elsewhere?: (c: Context<PortEnv>) => Promise<Response>;
  readonly queryLimit: number;
};

const base = "/pdb/query/v4";

type Route = {
  readonly path: string;
  readonly entity: EntityName;
  readonly where: (param: (name: string) => string) => Condition[];
};

const is = (field: string, right: string): Condition => ({ op: "=", left: { field }, right });
const value = (text: string): Condition => ({ op: "=", left: { field: "value" }, right: text });

/** The paths that are answered from our own store. */
const routes: readonly Route[] = [
  { path: "/nodes", entity: "nodes", where: () => [] },
  { path: "/facts", entity: "facts", where: () => [] },
  { path: "/facts/:name", entity: "facts", where: (p) => [is("name", p("name"))] },
  { path: "/facts/:name/:value", entity: "facts", where: (p) => [is("name", p("name")), value(p("value"))] },
  { path: "/resources", entity: "resources", where: () => [] },
  { path: "/resources/:type", entity: "resources", where: (p) => [is("type", p("type"))] },
  {
    path: "/resources/:type/:title",
    entity: "resources",
    where: (p) => [is("type", p("type")), is("title", p("title"))],
  },
  { path: "/nodes/:node/facts", entity: "facts", where: (p) => [is("certname", p("node"))] },
  {
    path: "/nodes/:node/facts/:name",
    entity: "facts",
    where: (p) => [is("certname", p("node")), is("name", p("name"))],
  },
  {
    path: "/nodes/:node/facts/:name/:value",
    entity: "facts",
    where: (p) => [is("certname", p("node")), is("name", p("name")), value(p("value"))],
  },
  { path: "/nodes/:node/resources", entity: "resources", where: (p) => [is("certname", p("node"))] },
  {
    path: "/nodes/:node/resources/:type",
    entity: "resources",
    where: (p) => [is("certname", p("node")), is("type", p("type"))],
  },
  {
    path: "/nodes/:node/resources/:type/:title",
    entity: "resources",
    where: (p) => [is("certname", p("node")), is("type", p("type")), is("title", p("title"))],
  },
];

/**
 * PuppetDB's queries, as far as they are answered from our own store: nodes, facts and resources, with a filter
 * in AST. Rows stream; who could not prove his name sees them redacted. What is not understood goes to the PuppetDB behind
 * us, whole, or is refused; nothing of a query is left out.
 */
export const queriesApi = (deps: QueriesDeps) => {
  const app = new Hono<PortEnv>();
  for (const route of routes) {
    app.on(["GET", "POST"], base + route.path, (c) =>
      orElsewhere(deps, c, async () => {
        const param = (name: string) => c.req.param(name) ?? "";
        const own = route.where(param);
        if (route.path.startsWith("/nodes/:node")) await requireNode(deps, param("node"));
        return await answer(deps, c, route.entity, own);
      }));
  }
  app.get(`${base}/nodes/:node`, async (c) => {
    const plan: Plan = { ...planOf("nodes", undefined), where: is("certname", c.req.param("node")) };
    const row = await first(deps.estate.run(plan));
    if (!row) throw unknown(c.req.param("node"));
    return pretty(JSON.parse(textFor(deps, c, "nodes")(row)));
  });
  return app;
};

const orElsewhere = async (deps: QueriesDeps, c: Context<PortEnv>, own: () => Promise<Response>): Promise<Response> => {
  if (!deps.elsewhere) return await own();
  // kept for the case that the query has to be sent on
  const again = c.req.raw.clone();
  try {
    return await own();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "bad_request") throw error;
    c.req.raw = again;
    return await deps.elsewhere(c);
  }
};

const answer = async (
  deps: QueriesDeps,
  c: Context<PortEnv>,
  entity: EntityName,
  own: readonly Condition[],
): Promise<Response> => {
  const asked = askedOf(entity, await parametersOf(c, deps.queryLimit));
  const plan = planOf(entity, asked.query, asked.paging);
  const all = [...(plan.where ? [plan.where] : []), ...own];
  const whole: Plan = all.length === 0 ? plan : { ...plan, where: { op: "and", of: all } };
  const signal = c.env.signal;
  const headers: Record<string, string> = { "Content-Type": "application/json;charset=utf-8" };
  if (asked.total) headers["X-Records"] = String(await deps.estate.count(whole, signal ? { signal } : {}));
  const rows = deps.estate.run(whole, signal ? { signal } : {});
  const stream = await streamRows(rows, textFor(deps, c, entity));
  if (!asked.pretty) return new Response(stream, { headers });
  return pretty(await new Response(stream).json(), 200, headers);
};

const parametersOf = async (c: Context, limit: number): Promise<Record<string, unknown>> => {
  const inUrl = Object.fromEntries(new URL(c.req.url).searchParams);
  if (c.req.method === "GET") return inUrl;
  const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new AppError("unsupported_media_type", `content type ${type ?? ""} not supported`);
  }
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await readBody(c.req.raw, limit)));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("bad_request", "The body is not valid JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new AppError("bad_request", "The body must be a JSON object");
  }
  return { ...body, ...inUrl };
};

const textFor = (deps: QueriesDeps, c: Context<PortEnv>, entity: EntityName): RowText =>
  rightsOf(deps.access, c.env.peer).redacted ? redacted(deps.redactor(), entity) : revealed;

const requireNode = async ({ estate }: QueriesDeps, certname: string): Promise<void> => {
  const plan: Plan = {
    entity: "nodes",
    select: [{ as: "certname", field: "certname" }],
    where: is("certname", certname),
    limit: 1,
  };
  if (!await first(estate.run(plan))) throw unknown(certname);
};

const unknown = (certname: string): AppError =>
  new AppError("not_found", `No information is known about node ${certname}`);

const first = async (rows: AsyncIterable<Row>): Promise<Row | undefined> => {
  for await (const row of rows) return row;
  return undefined;
};
