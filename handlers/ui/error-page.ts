import type { Context } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppError } from "../errors.ts";
import { problemOf } from "../http/problem.ts";
import { createFrame } from "./frame.ts";
import { nothing } from "./html.ts";
import { stylesheetLink } from "./assets.ts";

/** An error as a page: what was wrong, and the request's id for whoever reads the log. For `managementApp`'s `errorPage`. */
export const errorPage = (c: Context, error: AppError): Response | Promise<Response> => {
  const frame = createFrame({ stylesheet: stylesheetLink(), icon: "/assets/icon.svg" });
  const id: string = c.get("requestId") ?? "unknown";
  const problem = problemOf(error, id);
  if (error.retryAfter !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfter)));
  return frame(c, {
    title: problem.title,
    status: problem.status as ContentfulStatusCode,
    body: html`
      <div class="problem">
        <p class="code" aria-hidden="true">${problem.status}</p>
        <h1>${problem.title}</h1>
        <p>${problem.detail}.</p>
        <p class="sub">Request <code>${id}</code></p>
        <p class="actions"><a class="button" href="/">All nodes</a>${problem.status === 401
          ? html`
            <a class="button" href="/login">Log in</a>
          `
          : nothing}</p>
      </div>
    `,
  });
};
