import { type MarksCache, withoutMarks } from "../../../handlers/core/redaction/redactor.ts";
import type { CatalogResource, Marks } from "../../../handlers/interfaces/command.ts";
import type { ShownResources } from "./apply-shown-resources.ts";
import type { Threads } from "./threads.ts";

type Deps = Pick<Threads, "read" | "write"> & {
  readonly cache: MarksCache;
  readonly marksOf: (certname: string) => Promise<{ readonly version: number; readonly marks: Marks }>;
  /** Tries again where it gives undefined, not for ever. */
  readonly retried: <T>(attempt: () => Promise<T | undefined>) => Promise<T>;
};

type Named = Pick<CatalogResource, "title" | "tags">;

/**
 * Keeps beside the resources of a node how title and tags are shown, where Puppet marked something in them; as
 * marked-facts.ts does.
 */
export const createMarkedResources = ({ read, write, cache, marksOf, retried }: Deps) => {
  const shownAmong = (resources: readonly Named[], marks: Marks): ShownResources["shown_resources"] => {
    const given = resources.map(({ title, tags }) => JSON.stringify([title, [...tags].sort()]));
    const text = withoutMarks(`[${given.join(",")}]`, marks, cache);
    if (text === null) return [];
    const all = JSON.parse(text) as readonly (readonly [string, readonly string[]])[];
    return all.flatMap(([title, tags], at) =>
      JSON.stringify([title, tags]) === given[at] ? [] : [{ at, title, tags: JSON.stringify(tags) }]
    );
  };

  return {
    /** Has a catalog written with what is to be shown, again where the marks were changed meanwhile. */
    withShownResources: <T>(
      certname: string,
      resources: readonly Named[],
      attempt: (made: ShownResources) => Promise<T | undefined>,
    ): Promise<T> =>
      retried(async () => {
        const { version, marks } = await marksOf(certname);
        return await attempt({ shown_resources: shownAmong(resources, marks), shown_marks: version });
      }),

    /** Makes anew how the resources of a node are shown, after its marks were changed. */
    renewResources: (certname: string): Promise<true> =>
      retried(async () => {
        const [catalog] = await read({
          sql: "SELECT c.id FROM nodes n JOIN catalogs c ON c.node = n.id AND c.current = 1 WHERE n.certname = ?",
          params: [certname],
        });
        if (!catalog) return true;
        const rows = await read({
          sql: `SELECT c.id, c.title, c.tags FROM nodes n JOIN resources r ON r.node = n.id
                JOIN resource_contents c ON c.id = r.content WHERE n.certname = ?`,
          params: [certname],
        });
        const { version, marks } = await marksOf(certname);
        const resources = rows.map(([, title, tags]) => ({ title: String(title), tags: JSON.parse(String(tags)) }));
        const shown = shownAmong(resources, marks).map(({ at, title, tags }) => ({
          content: Number(rows[at]![0]),
          title,
          tags,
        }));
        return await write("showResourcesOf", [certname, Number(catalog[0]), { shown, shown_marks: version }]) ||
          undefined;
      }),
  };
};
