// placeholder by the lead until the helper's file is here: overwrite it
import { Hono } from "hono";
import type { SessionEnv } from "../http/session.ts";
export const exportedResourcesApi = (_deps: unknown) => new Hono<SessionEnv>();
