import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import type { Login } from "../core/access/login.ts";
import type { Sessions } from "../core/access/sessions.ts";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "../http/session.ts";
import type { SessionCookie } from "../http/session-cookie.ts";
import { validate } from "../http/validate.ts";
import { type Clock, timestamp } from "../interfaces/clock.ts";
import { type Frame, notice } from "./frame.ts";
import { type Html, nothing } from "./html.ts";
import { when } from "./times.ts";

export type AccountDeps = {
  readonly login: Pick<Login, "changePassword">;
  readonly sessions: Pick<Sessions, "list" | "end">;
  readonly cookie: SessionCookie;
  readonly clock: Clock;
  readonly frame: Frame;
};

const done = {
  password: "The password is changed. Your other logins have ended.",
  ended: "That login has ended.",
} as const;
const query = z.object({ done: z.enum(["password", "ended"]).optional() });
const text = z.string().max(4096, "expected at most 4096 characters").default("");
const given = z.object({ old: text, new: text, again: text });

/** `/account`: one's own password and logins. */
export const accountPage = ({ login, sessions, cookie, clock, frame }: AccountDeps) => {
  const page = async (
    user: string,
    current: string | undefined,
    problem: string | undefined,
    good: string | undefined,
  ): Promise<Html> => {
    const logins = await sessions.list(user, { limit: 50, offset: 0 });
    const now = clock.now();
    return html`
      <div class="heading">
        <h1>${user}</h1>
      </div>
      ${good === undefined ? nothing : notice("good", html`<p>${good}</p>`)}
      <form class="card narrow" method="post" action="/account/password">
      <h2>Change your password</h2>
      ${problem === undefined ? nothing : notice("bad", html`<p id="password-error">${problem}.</p>`)}
      <input type="hidden" name="username" value="${user}" autocomplete="username">
      <label>Old password <input type="password" name="old" required maxlength="4096" autocomplete="current-password"></label>
      <label>New password <input type="password" name="new" required minlength="12" maxlength="4096" autocomplete="new-password" aria-describedby="password-rule"></label>
      <label>New password again <input type="password" name="again" required maxlength="4096" autocomplete="new-password"></label>
      <p class="sub" id="password-rule">At least 12 characters.</p>
      <button class="main">Change it</button>
      </form>
      <h2>Logins</h2>
      <table class="list cards">
        <caption class="hidden">Your logins</caption>
        <thead>
          <tr>
            <th scope="col">Last seen</th>
            <th scope="col">From</th>
            <th scope="col">Began</th>
            <th scope="col"><span class="hidden">End</span></th>
          </tr>
        </thead>
        <tbody>${logins.map((each) =>
          html`
            <tr>
              <th scope="row">${when(timestamp(each.seen_at), now)}${each.id === current
                ? html`
                  <span class="tag">this one</span>
                `
                : nothing}</th>
              <td data-label="From">${each.address}</td>
              <td data-label="Began">${when(timestamp(each.created_at), now)}</td>
              <td class="end">${each.id === current
                ? nothing
                : html`<form method="post" action="/account/sessions/${
                  encodeURIComponent(each.id)
                }/end"><button>End it</button></form>`}</td>
            </tr>
          `
        )}</tbody>
      </table>
    `;
  };
  return new Hono<SessionEnv>()
    .get("/account", validate("query", query), async (c) => {
      const message = c.req.valid("query").done;
      const body = await page(c.var.user.id, c.var.session?.id, undefined, message && done[message]);
      return frame(c, { title: "Account", section: "account", body });
    })
    .post("/account/password", validate("form", given), async (c) => {
      const form = c.req.valid("form");
      const user = c.var.user.id;
      try {
        if (form.new !== form.again) throw new AppError("invalid", "The two new passwords differ", { field: "again" });
        const { token } = await login.changePassword({
          user,
          old: form.old,
          new: form.new,
          address: c.env.remoteAddress,
        });
        cookie.set(c, token);
        return c.redirect("/account?done=password", 303);
      } catch (error) {
        if (!(error instanceof AppError) || error.status >= 500) throw error;
        if (error.retryAfter !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfter)));
        const body = await page(user, c.var.session?.id, error.message, undefined);
        return frame(c, { title: "Account", section: "account", body, status: error.status });
      }
    })
    .post(
      "/account/sessions/:session/end",
      validate("param", z.object({ session: z.string().min(1).max(100) })),
      async (c) => {
        const { session } = c.req.valid("param");
        if (!await sessions.end(c.var.user.id, session)) {
          throw new AppError(
            "not_found",
            "This login has ended already",
          );
        }
        return c.redirect("/account?done=ended", 303);
      },
    );
};
