import { type Context, Hono } from "hono";
import { planOf } from "../core/query/ast/plan.ts";
import type { EntityName } from "../core/query/entities.ts";
import type { Condition, Plan } from "../core/query/plan.ts";
import { AppError } from "../errors.ts";
import type { PortEnv } from "../http/env.ts";
import type { Estate, Row, RunOptions } from "../interfaces/estate.ts";
import type { Redactor } from "../interfaces/redactor.ts";
import { type Access, rightsOf } from "./access.ts";
import { jsonType, pretty } from "./errors.ts";
import { queryRules } from "./negotiate.ts";
import { askedOf, assertPlain, parametersOf } from "./parameters.ts";
import { is, nodeRoutes, rowRoutes } from "./query-routes.ts";
import { assertMayAsk } from "./redacted-plan.ts";
import { prettyText, redacted, revealed, type RowText, streamRows } from "./rows.ts";

export type QueriesDeps = {
  readonly estate: Pick<Estate, "run" | "count" | "marks">;
  readonly redactor: () => Redactor;
  readonly access: Access;
  /** Answers what is not understood here, where a real PuppetDB is behind us. */
  readonly elsewhere?: (c: Context<PortEnv>) => Promise<Response>;
  /** Bytes of a query's body. */
  readonly queryLimit: number;
};

const base = "/pdb/query/v4";

/**
 * PuppetDB's queries, as far as they are answered from our own store: nodes, facts and resources, with a filter in AST.
 * Rows stream; who could not prove his name sees them redacted. What is not understood goes to the PuppetDB behind us,
 * whole, or is refused; nothing of a query is left out.
 */
export const queriesApi = (deps: QueriesDeps) => {
  const app = new Hono<PortEnv>();
  app.use("/pdb/query/*", queryRules);
  for (const { path, entity, where } of [...rowRoutes, ...nodeRoutes]) {
    app.on(["GET", "POST"], base + path, (c) =>
      orElsewhere(deps, c, async () => {
        const param = (name: string) => c.req.param(name) ?? "";
        const node = c.req.param("node");
        if (node !== undefined) await nodeRow(deps, node, optionsOf(c));
        return await answerRows(deps, c, entity, where(param));
      }));
  }
  app.on(["GET", "POST"], `${base}/nodes/:node`, (c) =>
    orElsewhere(deps, c, async () => {
      assertPlain(await parametersOf(c, deps.queryLimit));
      const row = await nodeRow(deps, c.req.param("node"), optionsOf(c));
      return pretty(JSON.parse(await textFor(deps, c, planOf("nodes", undefined))(row)));
    }));
  return app;
};

/**
 * Our own answer, or that of the PuppetDB behind us where the query is not understood here. It redacts nothing, so who may
 * not see all is answered by us alone.
 */
const orElsewhere = async (deps: QueriesDeps, c: Context<PortEnv>, own: () => Promise<Response>): Promise<Response> => {
  if (!deps.elsewhere || rightsOf(deps.access, c.env.peer).redacted) return await own();
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

const answerRows = async (
  deps: QueriesDeps,
  c: Context<PortEnv>,
  entity: EntityName,
  own: readonly Condition[],
): Promise<Response> => {
  const asked = askedOf(entity, await parametersOf(c, deps.queryLimit));
  const plan = planOf(entity, asked.query, asked.paging, own);
  if (rightsOf(deps.access, c.env.peer).redacted) assertMayAsk(plan, deps.redactor());
  const options = optionsOf(c);
  const headers: Record<string, string> = { "Content-Type": jsonType };
  if (asked.total) headers["X-Records"] = String(await deps.estate.count(plan, options));
  if (c.req.method === "HEAD") return new Response(null, { headers });
  const text = textFor(deps, c, plan);
  const rows = deps.estate.run(text === revealed ? plan : withCertname(plan), options);
  const stream = asked.pretty ? await streamRows(rows, prettyText(text), ", ") : await streamRows(rows, text);
  return new Response(stream, { headers });
};

/** What Puppet marked as sensitive is known by node, so a row that is redacted has to tell its own. */
const withCertname = (plan: Plan): Plan =>
  plan.select.some((each) => each.as === "certname" || "aggregate" in each) || plan.groupBy
    ? plan
    : { ...plan, select: [...plan.select, { as: "certname", field: "certname" }] };

const textFor = (deps: QueriesDeps, c: Context<PortEnv>, { entity, select }: Plan): RowText => {
  if (!rightsOf(deps.access, c.env.peer).redacted) return revealed;
  const redactor = deps.redactor();
  const ofNodes = new Map<string, Promise<Redactor>>();
  return redacted(entity, select.map(({ as }) => as), (certname) => {
    if (certname === undefined) return Promise.resolve(redactor);
    const found = ofNodes.get(certname) ?? deps.estate.marks(certname).then((marks) => redactor.with(marks));
    ofNodes.set(certname, found);
    return found;
  });
};

const optionsOf = (c: Context<PortEnv>): RunOptions => c.env.signal ? { signal: c.env.signal } : {};

/** Whatever the node's state. Throws AppError `not_found`, which the termini take for "no such node". */
const nodeRow = async ({ estate }: QueriesDeps, certname: string, options: RunOptions): Promise<Row> => {
  const { select } = planOf("nodes", undefined);
  const plan: Plan = { entity: "nodes", select, where: is("certname", certname), limit: 1 };
  for await (const row of estate.run(plan, options)) return row;
  throw new AppError("not_found", `No information is known about node ${certname}`);
};
