import { Hono } from "hono";
import { html } from "hono/html";
import type { PortEnv } from "../http/env.ts";
import { docsStyle } from "./docs-style.ts";
import type { OpenApi, Operation } from "./openapi.ts";
import { typeText } from "./type-text.ts";

/** `/docs`: the OpenAPI document as a page to read. It works without JavaScript and fetches nothing from elsewhere. */
export const docsPage = (deps: { readonly openapi: () => OpenApi }) =>
  new Hono<PortEnv>()
    .get("/docs", (c) => c.html(page(deps.openapi())))
    .get("/docs/style.css", (c) => {
      c.header("Cache-Control", "max-age=3600");
      return c.body(docsStyle, 200, { "Content-Type": "text/css; charset=utf-8" });
    });

type Entry = { readonly method: string; readonly path: string; readonly operation: Operation };

const page = (api: OpenApi) => {
  const entries: Entry[] = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation }))
  );
  const byImportance = entries.sort((a, b) => Number(b.path.startsWith("/api/")) - Number(a.path.startsWith("/api/")));
  const groups = Map.groupBy(byImportance, ({ operation }) => operation.tags[0] ?? "other");
  return html`<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${api.info.title}</title>
    <link rel="stylesheet" href="/docs/style.css">
  </head>
  <body>
    <header>
      <h1>${api.info.title}</h1>
      <p>Version ${api.info.version} · <a href="/openapi.json">openapi.json</a> · <a href="/">pages</a></p>
      <p>${api.info.description}</p>
    </header>
    <nav aria-label="Operations">
      ${
    [...groups].map(([tag, list]) =>
      html`
        <h2><a href="#tag-${tag}">${tag}</a></h2>
        <ul>${list.map(({ method, path, operation }) =>
          html`<li><a href="#${operation.operationId}"><b>${method}</b> ${path}</a></li>`
        )}</ul>
      `
    )
  }
    </nav>
    <main>
      ${
    [...groups].map(([tag, list]) =>
      html`<section id="tag-${tag}"><h2>${tag}</h2>${list.map((entry) => operationPart(entry, api))}</section>`
    )
  }
    </main>
  </body>
</html>`;
};

const operationPart = ({ method, path, operation }: Entry, api: OpenApi) => {
  const body = operation.requestBody?.content["application/json"]?.schema;
  const access = operation.security.length === 0 ? "no login needed" : operation["x-permission"] ?? "login";
  return html`<article id="${operation.operationId}">
    <h3><code class="method ${method.toLowerCase()}">${method}</code> <code>${path}</code></h3>
    <p><b>${operation.summary}</b> <small>(${access})</small></p>
    ${operation.description === undefined ? "" : html`<p>${operation.description}</p>`}
    ${operation.parameters.length === 0 ? "" : parametersPart(operation, api)}
    ${
    body
      ? html`
        <h4>Body</h4>
        <pre>${typeText(body, api.components.schemas)}</pre>
      `
      : ""
  }
    <h4>Answers</h4>
    ${
    Object.entries(operation.responses).filter(([, response]) => !("$ref" in response)).map(([status, response]) =>
      answerPart(status, response, api)
    )
  }
    ${problemsPart(operation)}
    <details><summary>With curl</summary><pre>${curlText(method, path, operation, api)}</pre></details>
  </article>`;
};

const parametersPart = (operation: Operation, api: OpenApi) =>
  html`
    <h4>Parameters</h4>
    <dl>${operation.parameters.map((each) => {
      const { default: otherwise } = each.schema as { default?: unknown };
      const notes = [
        each.in,
        each.required ? "required" : "",
        otherwise === undefined ? "" : `default ${JSON.stringify(otherwise)}`,
      ];
      return html`
        <dt><code>${each.name}</code> <small>${notes.filter(Boolean).join(", ")}</small></dt>
        <dd><code>${typeText(each.schema, api.components.schemas)}</code> ${each.description ?? ""}</dd>
      `;
    })}</dl>
  `;

type Response = Operation["responses"][string];

const answerPart = (status: string, response: Response, api: OpenApi) => {
  const schema = response.content?.["application/json"]?.schema;
  if (!schema) return html`<p class="answer">${status} ${response.description}</p>`;
  return html`
    <details open>
      <summary>${status} ${response.description}</summary>
      <pre>${typeText(schema, api.components.schemas)}</pre>
    </details>
  `;
};

const problemsPart = (operation: Operation) => {
  const statuses = Object.entries(operation.responses).filter(([, response]) => "$ref" in response);
  return html`<p class="answer">Problem details with ${
    statuses.map(([status]) => status).join(", ").replace(
      /, default$|^default$/,
      " or another status",
    )
  }</p>`;
};

const curlText = (method: string, path: string, operation: Operation, api: OpenApi): string => {
  const server = api.servers[0]?.url ?? "";
  const changes = method !== "GET";
  const loggedIn = operation.security.length > 0;
  return [
    `curl${method === "GET" ? "" : ` -X ${method}`}`,
    ...(loggedIn ? ["-b cookies.txt"] : operation.operationId === "postAuthenticate" ? ["-c cookies.txt"] : []),
    ...(changes ? [`-H 'Origin: ${server}'`] : []),
    ...(operation.requestBody ? ["-H 'Content-Type: application/json' --data @body.json"] : []),
    `'${server}${path}'`,
  ].join(" ");
};
