import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { assertMay } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { validate } from "../http/validate.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Document, Documents } from "../interfaces/documents.ts";
import { placeholder } from "../interfaces/redactor.ts";
import { empty, type Frame, notice } from "./frame.ts";
import { asksFirst } from "./forms.ts";
import { counted, describedBy, type Html, nothing } from "./html.ts";
import { link } from "./links.ts";
import { pageNumber } from "./page-query.ts";
import { pager } from "./pager.ts";
import { when } from "./times.ts";

export type SecretsDeps = {
  readonly secrets: {
    /** Throws AppError that never quotes the value. */
    add(value: string, by: string): Promise<unknown>;
    remove(id: string): Promise<boolean>;
  };
  readonly documents: Pick<Documents, "find" | "count">;
  readonly clock: Clock;
  readonly frame: Frame;
};

type Known = Document & { readonly created_at: string; readonly created_by: string };

const limit = 50;
const done = {
  added: "The value is hidden from now on, also in what is stored already.",
  removed: "The value is shown again.",
} as const;
const query = z.object({ page: pageNumber(), done: z.enum(["added", "removed"]).optional() });

/** `/secrets`: the values that are hidden everywhere. They go in and never come out. */
export const secretsPage = ({ secrets, documents, clock, frame }: SecretsDeps) => {
  const page = async (asked: z.output<typeof query>, problem: string | undefined): Promise<Html> => {
    const [known, size] = await Promise.all([
      documents.find<Known>("redactor_secrets", {
        order: [{ field: "created_at", direction: "desc" }, { field: "id" }],
        limit,
        offset: (asked.page - 1) * limit,
      }),
      documents.count("redactor_secrets"),
    ]);
    return html`
      <div class="heading">
        <h1>Secrets</h1>
      </div>
      <p
        class="lead">These values are replaced by <mark class="redacted">${placeholder}</mark> in facts, catalogs, reports and everything else that can be read here, however old. What Puppet itself marks as Sensitive is hidden without being listed.</p>
      ${asked.done === undefined ? nothing : notice("good", html`<p>${done[asked.done]}</p>`)}
      <form class="card narrow" method="post" action="/secrets" autocomplete="off">
      <h2>Hide another value</h2>
      ${problem === undefined ? nothing : notice("bad", html`<p id="secret-error">${problem}.</p>`)}
      <label>Value <textarea name="value" rows="2" required maxlength="65536" autocomplete="off" spellcheck="false" autocapitalize="none" ${describedBy(
        problem !== undefined,
        "secret-error",
      )}></textarea></label>
      <p class="sub">At least 6 characters. It is stored encrypted and can't be read back.</p>
      <button class="main">Hide it</button>
      </form>
      ${known.length === 0 ? empty("No value has been added.") : html`
        <h2>${counted(size, "known value")}</h2>
        <table class="list cards">
          <caption class="hidden">Known values, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Added</th>
              <th scope="col">By</th>
              <th scope="col">Id</th>
              <th scope="col"><span class="hidden">Remove</span></th>
            </tr>
          </thead>
          <tbody>${known.map((each) =>
            html`
              <tr>
                <th scope="row">${when(each.created_at, clock.now())}</th>
                <td data-label="By">${each.created_by}</td>
                <td data-label="Id"><code>${each.id}</code></td>
                <td class="end">
                  ${asksFirst("Stop hiding", `/secrets/${encodeURIComponent(each.id)}/remove`, "Show it again")}
                </td>
              </tr>
            `
          )}</tbody>
        </table>
      `}
      ${pager({ page: asked.page, size, limit }, (to) => link("/secrets", { page: to }))}
    `;
  };
  return new Hono<SessionEnv>()
    .get("/secrets", validate("query", query), async (c) => {
      assertMay(c, "NODES:SECRETS_REDACTOR::GET");
      const body = await page(c.req.valid("query"), undefined);
      return frame(c, { title: "Secrets", section: "secrets", body });
    })
    .post(
      "/secrets",
      validate("form", z.object({ value: z.string().max(65_536, "expected at most 65536 characters") })),
      async (c) => {
        assertMay(c, "NODES:SECRETS_REDACTOR::CREATE");
        try {
          // Browsers send the line breaks of a text area as CRLF; nodes have LF.
          await secrets.add(c.req.valid("form").value.replaceAll("\r\n", "\n"), c.var.user.id);
          return c.redirect("/secrets?done=added", 303);
        } catch (error) {
          if (!(error instanceof AppError) || error.status >= 500) throw error;
          const body = await page({ page: 1 }, error.message);
          return frame(c, { title: "Secrets", section: "secrets", body, status: error.status });
        }
      },
    )
    .post("/secrets/:secret/remove", validate("param", z.object({ secret: z.string().min(1).max(100) })), async (c) => {
      assertMay(c, "NODES:SECRETS_REDACTOR::DELETE");
      if (!await secrets.remove(c.req.valid("param").secret)) {
        throw new AppError("not_found", "There is no such secret any more");
      }
      return c.redirect("/secrets?done=removed", 303);
    });
};
