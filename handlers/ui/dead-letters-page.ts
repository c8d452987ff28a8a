import { Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import { type LettersDeps, lettersSeenBy } from "../core/nodes/dead-letters.ts";
import type { NodeViews } from "../core/nodes/nodes.ts";
import { AppError } from "../errors.ts";
import type { SessionEnv } from "../http/session.ts";
import { validate } from "../http/validate.ts";
import type { Clock } from "../interfaces/clock.ts";
import type { Viewer } from "../core/access/viewer.ts";
import { assertMay } from "../http/requires.ts";
import type { CommandQueue, DeadLetter } from "../interfaces/queue.ts";
import { seal } from "../interfaces/sealed.ts";
import { empty, type Frame, notice } from "./frame.ts";
import { asksFirst } from "./forms.ts";
import { grouped, type Html, nothing, redacted } from "./html.ts";
import { link, nodeLink } from "./links.ts";
import { pageNumber } from "./page-query.ts";
import { pager } from "./pager.ts";
import { when } from "./times.ts";

export type DeadLettersDeps = {
  readonly queue: LettersDeps["queue"] & Pick<CommandQueue, "dropDeadLetter">;
  /** Tries one again; see `deadLettersApi`. */
  readonly replay: (id: string) => Promise<boolean>;
  readonly nodes: Pick<NodeViews, "seenBy" | "redactText">;
  readonly clock: Clock;
  readonly frame: Frame;
};

const limit = 25;
const done = {
  replayed: "It was stored, or put back in line.",
  dropped: "It was dropped.",
} as const;
const query = z.object({ page: pageNumber(), done: z.enum(["replayed", "dropped"]).optional() });
const byId = validate("param", z.object({ id: z.string().min(1).max(200) }));
const unknown = () => new AppError("not_found", "There is no such dead letter any more");

/** `/dead-letters`: commands that could not be stored or forwarded, for a person to decide. */
export const deadLettersPage = ({ queue, replay, nodes, clock, frame }: DeadLettersDeps) => {
  const seenBy = (viewer: Viewer) => lettersSeenBy({ queue, nodes }, viewer);
  const page = async (viewer: Viewer, asked: z.output<typeof query>, problem: Html): Promise<Html> => {
    const { letters, size } = await seenBy(viewer).page({ limit, offset: (asked.page - 1) * limit });
    const reasons = await Promise.all(letters.map((each) => nodes.redactText(each.certname, each.reason)));
    return html`
      <div class="heading">
        <h1>Dead letters</h1>
      </div>
      <p
        class="lead">Commands from Puppetservers that could not be stored here or forwarded to PuppetDB. They wait for your decision.</p>
      ${problem}${asked.done === undefined ? nothing : notice("good", html`<p>${done[asked.done]}</p>`)}
      ${letters.length === 0
        ? empty("There are none. Everything that came in is stored.")
        : html`<div class="letters">${letters.map((each, i) => view(each, reasons[i]!, clock.now()))}</div>`}
      ${pager({ page: asked.page, size, limit }, (to) => link("/dead-letters", { page: to }))}
    `;
  };
  return new Hono<SessionEnv>()
    .get("/dead-letters", validate("query", query), async (c) => {
      assertMay(c, "NODES:DEAD_LETTERS::GET");
      const body = await page(c.var.viewer, c.req.valid("query"), nothing);
      return frame(c, { title: "Dead letters", section: "dead-letters", body });
    })
    .post("/dead-letters/:id/replay", byId, async (c) => {
      assertMay(c, "NODES:DEAD_LETTERS::UPDATE");
      const { id } = c.req.valid("param");
      const letter = await seenBy(c.var.viewer).find(id);
      if (!letter) throw unknown();
      try {
        if (!await replay(id)) throw unknown();
        return c.redirect("/dead-letters?done=replayed", 303);
      } catch (error) {
        if (!(error instanceof AppError) || error.code === "internal") throw error;
        // What is wrong with a command may quote what the node sent.
        const reason = await nodes.redactText(letter.certname, seal(error.message));
        const body = await page(
          c.var.viewer,
          { page: 1 },
          notice("bad", html`<p>It failed again: ${redacted(reason)}.</p>`),
        );
        return frame(c, { title: "Dead letters", section: "dead-letters", body, status: error.status });
      }
    })
    .post("/dead-letters/:id/drop", byId, async (c) => {
      assertMay(c, "NODES:DEAD_LETTERS::DELETE");
      const { id } = c.req.valid("param");
      if (!await seenBy(c.var.viewer).find(id) || !await queue.dropDeadLetter(id)) throw unknown();
      return c.redirect("/dead-letters?done=dropped", 303);
    });
};

const view = (letter: DeadLetter, reason: string, now: number): Html => {
  const at = `/dead-letters/${encodeURIComponent(letter.id)}`;
  return html`
    <article class="card letter">
      <h2>${letter.command} <span class="sub">version ${letter.version}</span></h2>
      <p><a href="${nodeLink(letter.certname)}">${letter.certname}</a> · ${when(
        letter.received_at,
        now,
      )} · <span class="sub">${grouped(letter.size)} bytes</span> · <span class="tag">${letter.stage === "store"
        ? "not stored"
        : "not forwarded"}</span></p>
      <p class="reason">${redacted(reason)}</p>
      <div class="actions">
        <form method="post" action="${at}/replay"><button>Try again</button></form>
        ${asksFirst("Drop", `${at}/drop`, "Drop it for good")}
      </div>
    </article>
  `;
};
