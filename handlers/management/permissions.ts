import { Hono } from "hono";
import { z } from "zod";
import { dynamicPermissions, permissionFor, permissions } from "../core/access/permissions.ts";
import { requires } from "../http/requires.ts";
import type { SessionEnv } from "../http/session.ts";
import { describeRoute } from "../http/validate.ts";
import type { Documents } from "../interfaces/documents.ts";

const all = z.object({
  static: z.array(z.string()),
  dynamic: z.array(z.string()).meta({ description: "For single objects, of each kind the first 1000" }),
  descriptions: z.record(z.string(), z.string()).meta({ description: "What each static one and each pattern is for" }),
});

/** `/api/v1/permissions`: what a team can be given. */
export const permissionsApi = ({ documents }: { readonly documents: Pick<Documents, "find"> }) =>
  new Hono<SessionEnv>().get(
    "/",
    describeRoute({ summary: "List the permissions that there are", tags: ["teams"], responses: { 200: all } }),
    requires("TEAMS::GET"),
    async (c) => {
      const patterns = Object.entries(dynamicPermissions) as [
        keyof typeof dynamicPermissions,
        (typeof dynamicPermissions)[keyof typeof dynamicPermissions],
      ][];
      const dynamic = await Promise.all(patterns.map(async ([pattern, { collection }]) => {
        const found = await documents.find(collection, { fields: [], limit: 1000 });
        return found.map(({ id }) => permissionFor(pattern, id));
      }));
      return c.json({
        static: Object.keys(permissions),
        dynamic: dynamic.flat(),
        descriptions: { ...permissions, ...Object.fromEntries(patterns.map(([name, { holds }]) => [name, holds])) },
      });
    },
  );
