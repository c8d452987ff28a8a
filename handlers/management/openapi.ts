import type { RouterRoute } from "hono/types";
import { z } from "zod";
import { problemSchema } from "../http/problem.ts";
import { factsOf, type RouteDescription, type RouteFacts, type Target } from "../http/route-facts.ts";
import { type JsonSchema, jsonSchemaOf, parameterSchemaOf } from "./json-schema.ts";

export type Parameter = {
  readonly name: string;
  readonly in: "query" | "path";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
};

export type Content = { readonly [mediaType: string]: { readonly schema: JsonSchema } };

export type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  /** One of these is needed; `{…}` stands for the path parameter. */
  readonly "x-permission"?: string;
  readonly "x-permission-or"?: readonly string[];
  /** Only what is of nodes that the caller's teams see. */
  readonly "x-scope"?: "nodes";
};

export type OpenApi = {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, unknown>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
};

type Found = {
  path: string;
  method: string;
  description: RouteDescription;
  inputs: Map<Target, z.ZodType>;
  permission?: Extract<RouteFacts, { kind: "permission" }>;
};

/**
 * The OpenAPI 3.1 document of an app, from what `validate` and `describeRoute` recorded at its routes. Routes without a
 * description (pages, files) are left out. `servers` is the public URL.
 */
export const openApiOf = (
  routes: readonly RouterRoute[],
  about: { readonly version: string; readonly publicUrl: string },
): OpenApi => {
  const schemas = new Map<string, JsonSchema>();
  jsonSchemaOf(problemSchema, "output", schemas, "Problem");
  const paths: Record<string, Record<string, Operation>> = {};
  for (const found of describedRoutes(routes)) {
    const path = found.path.replace(/:([A-Za-z_]+)(\{[^/]*\})?/g, "{$1}");
    (paths[path] ??= {})[found.method.toLowerCase()] = operationOf(found, path, schemas);
  }
  const https = about.publicUrl.startsWith("https:");
  return {
    openapi: "3.1.0",
    info: {
      title: "hoppetdb management API",
      version: about.version,
      description:
        "What Puppet's nodes sent, every known secret replaced. Log in with POST /api/v1/authenticate, then " +
        "send the cookie; a request with the cookie that changes something needs an Origin header as well. Programs " +
        "send an API credential, as a Bearer token or as x-secret-id and x-secret. Each operation names the permission " +
        "that it takes.",
    },
    servers: [{ url: new URL(about.publicUrl).origin }],
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      responses: {
        Problem: {
          description: "What was wrong (RFC 9457)",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: https ? "__Host-hoppetdb" : "hoppetdb" },
        bearer: { type: "http", scheme: "bearer", description: "The secret of an API credential" },
        secret_id: { type: "apiKey", in: "header", name: "x-secret-id" },
        secret: { type: "apiKey", in: "header", name: "x-secret" },
      },
    },
  };
};

/** The routes that were described, each with all that stands at its method and path. */
export const describedRoutes = (routes: readonly RouterRoute[]): readonly Found[] => {
  type Part = Omit<Found, "description"> & { description?: RouteDescription };
  const found = new Map<string, Part>();
  for (const { method, path, handler } of routes) {
    const facts = factsOf(handler);
    if (!facts) continue;
    const key = `${method} ${path}`;
    const known: Part = found.get(key) ?? { method, path, inputs: new Map() };
    found.set(key, known);
    if (facts.kind === "input") known.inputs.set(facts.target, facts.schema);
    else if (facts.kind === "permission") known.permission = facts;
    else known.description = facts.description;
  }
  return [...found.values()].filter((each): each is Found => each.description !== undefined);
};

const operationOf = (found: Found, path: string, schemas: Map<string, JsonSchema>): Operation => {
  const { description: about, inputs, method } = found;
  const operationId = operationIdOf(method, path);
  const body = inputs.get("json");
  const json = (schema: z.ZodType, io: "input" | "output") => ({
    "application/json": { schema: jsonSchemaOf(schema, io, schemas, operationId) },
  });
  return {
    operationId,
    summary: about.summary,
    ...descriptionWith(found),
    tags: about.tags ?? [],
    security: about.access === "open" ? [] : [{ session: [] }, { bearer: [] }, { secret_id: [], secret: [] }],
    parameters: parametersOf(path, inputs, schemas, operationId),
    ...(body ? { requestBody: { required: true as const, content: json(body, "input") } } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(about.responses).map(([status, is]) =>
          typeof is === "string"
            ? [status, { description: is, content: { [mediaTypeIn(is)]: { schema: { type: "string" } } } }]
            : [status, { description: descriptionOf(is, status), content: json(is, "output") }]
        ),
      ),
      ...Object.fromEntries(problemsOf(found).map((status) => [status, problem])),
      default: problem,
    },
    ...(found.permission ? { "x-permission": found.permission.permissions[0]! } : {}),
    ...(found.permission && found.permission.permissions.length > 1
      ? { "x-permission-or": found.permission.permissions.slice(1) }
      : {}),
    ...(about.scope === undefined ? {} : { "x-scope": about.scope }),
  };
};

/** Of an answer that is no JSON: `JSON lines (application/x-ndjson)`, else plain text. */
const mediaTypeIn = (description: string): string => /\(([a-z]+\/[\w.+-]+)\)/.exec(description)?.[1] ?? "text/plain";

/** What a reader of the page has to know besides: which permission it takes, and whose nodes it is about. */
const descriptionWith = ({ description: { description, scope }, permission }: Found): { description?: string } => {
  const needs = permission?.permissions.map((each) => `\`${each}\``).join(" or ");
  const self = permission?.unlessSelf === undefined ? "" : `, none where \`${permission.unlessSelf}\` is \`_self\``;
  const all = [
    description,
    needs === undefined ? undefined : `Permission: ${needs}${self}.`,
    scope === "nodes" ? "Only of nodes that one's teams see." : undefined,
  ].filter((each) => each !== undefined);
  return all.length === 0 ? {} : { description: all.join("\n\n") };
};

const problem = { $ref: "#/components/responses/Problem" } as unknown as { description: string };

/** What can go wrong at any operation of its kind, and what its description names besides. */
const problemsOf = ({ description, inputs, method, path, permission }: Found): readonly number[] => {
  const all = new Set(description.problems ?? []);
  if (inputs.has("query") || inputs.has("json")) all.add(400);
  if (description.access !== "open") all.add(401);
  if (method !== "GET" || permission) all.add(403);
  if (path.includes(":")) all.add(404);
  if (inputs.has("json")) [413, 415, 422].forEach((status) => all.add(status));
  return [...all].filter((status) => !(status in description.responses)).sort((a, b) => a - b);
};

const parametersOf = (
  path: string,
  inputs: ReadonlyMap<Target, z.ZodType>,
  schemas: Map<string, JsonSchema>,
  owner: string,
): readonly Parameter[] => {
  const shapeOf = (target: Target): Readonly<Record<string, z.ZodType>> => {
    const schema = inputs.get(target);
    return schema instanceof z.ZodObject ? schema.shape as Record<string, z.ZodType> : {};
  };
  const parameter = (name: string, where: "query" | "path", schema: z.ZodType): Parameter => {
    const { description, ...plain } = parameterSchemaOf(schema, schemas, owner);
    const required = where === "path" || !schema.safeParse(undefined).success;
    return {
      name,
      in: where,
      required,
      ...(typeof description === "string" ? { description } : {}),
      schema: plain,
    };
  };
  const params = shapeOf("param");
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name!, "path", params[name!] ?? z.string())),
    ...Object.entries(shapeOf("query")).map(([name, schema]) => parameter(name, "query", schema)),
  ];
};

const descriptionOf = (schema: z.ZodType, status: string): string =>
  schema.description ?? (status === "201" ? "Created" : "Done");

/** `GET /api/v1/nodes/{node}/facts` is `getNodesByNodeFacts`. */
const operationIdOf = (method: string, path: string): string =>
  method.toLowerCase() +
  path.replace(/^\/api\/v1/, "").split("/").filter(Boolean)
    .map((part) => part.startsWith("{") ? `By_${part.slice(1, -1)}` : part)
    .join("_").replace(/(?:^|_+)([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
