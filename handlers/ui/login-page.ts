import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import type { Login } from "../core/access/login.ts";
import type { Users } from "../core/access/users.ts";
import type { Sessions } from "../core/access/sessions.ts";
import { AppError } from "../errors.ts";
import { noteChange } from "../http/audited.ts";
import { safeNext, type SessionEnv } from "../http/session.ts";
import type { SessionCookie } from "../http/session-cookie.ts";
import { validate } from "../http/validate.ts";
import { type Frame, notice } from "./frame.ts";
import { describedBy, focused, type Html, nothing } from "./html.ts";
import { logo } from "./icons.ts";

export type LoginDeps = {
  readonly login: Pick<Login, "logIn">;
  readonly users: Pick<Users, "find">;
  readonly sessions: Pick<Sessions, "find" | "end">;
  readonly cookie: SessionCookie;
  readonly frame: Frame;
};

const next = z.string().max(2000).optional();
const given = z.object({
  user: z.string().max(256, "expected at most 256 characters").default(""),
  password: z.string().max(4096, "expected at most 4096 characters").default(""),
  next,
});

/** `/login` and `/logout`. After the login one is where one wanted to go, on our own pages only. */
export const loginPages = ({ login, users, sessions, cookie, frame }: LoginDeps) => {
  const endPresent = async (token: string | undefined): Promise<string | undefined> => {
    const found = token === undefined ? undefined : await sessions.find(token);
    if (found) await sessions.end(found.user.id, found.session.id);
    return found?.user.id;
  };
  return new Hono<SessionEnv>()
    .get("/login", validate("query", z.object({ next })), async (c) => {
      const wanted = safeNext(c.req.valid("query").next);
      const token = cookie.read(c);
      if (token !== undefined && await sessions.find(token)) return c.redirect(wanted, 303);
      return frame(c, { title: "Log in", body: page(wanted, "") });
    })
    .post("/login", validate("form", given), async (c) => {
      const { user, password, next } = c.req.valid("form");
      const wanted = safeNext(next);
      try {
        noteChange(c, { target: "authenticate", actor: (await users.find(user))?.id });
        const { token } = await login.logIn({ user, password, address: c.env.remoteAddress });
        await endPresent(cookie.read(c));
        cookie.set(c, token);
        return c.redirect(wanted, 303);
      } catch (error) {
        if (!(error instanceof AppError) || error.status >= 500) throw error;
        if (error.retryAfter !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfter)));
        const status = error.code === "too_many_requests" ? 429 : 401;
        return frame(c, {
          title: "Log in",
          body: page(wanted, user, error.message),
          status,
        });
      }
    })
    .post("/logout", async (c) => {
      const actor = await endPresent(cookie.read(c));
      if (actor !== undefined) noteChange(c, { target: "authenticate", actor });
      cookie.clear(c);
      return c.redirect("/login", 303);
    });
};

const page = (wanted: string, user: string, problem?: string): Html => {
  const about = describedBy(problem !== undefined, "login-error");
  return html`
    <div class="login">
      <p class="brand">${logo()}<span>hoppetdb</span></p>
      <form class="card" method="post" action="/login">
        <h1>Log in</h1>
        ${problem === undefined ? nothing : notice("bad", html`<p id="login-error">${problem}.</p>`)}
        <input type="hidden" name="next" value="${wanted}">
        <label>User <input name="user" value="${user}" required maxlength="256" autocomplete="username" autocapitalize="none" spellcheck="false" ${focused(
          user === "",
        )} ${about}></label>
        <label>Password <input type="password" name="password" required maxlength="4096" autocomplete="current-password" ${focused(
          user !== "",
        )} ${about}></label>
        <button class="main">Log in</button>
      </form>
    </div>
  `;
};
