import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PortBindings } from "../../handlers/http/env.ts";
import { compose } from "../../runtime/compose.ts";
import { readConfig } from "../../runtime/config.ts";
import { openDataDir } from "../../runtime/data-dir.ts";
import { checkDescribed } from "./described.ts";
import { createRecordingLog } from "./log.ts";
import { adminPassword, publicUrl } from "./management.ts";

export type WholeProduct = Awaited<ReturnType<typeof openProduct>>;
/** Someone who asks port 8000, with the headers that his login takes. */
export type Asks = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Response>;

/**
 * The whole product in this process: the real store, redactor and CA, no port opened. Two over one `dir` are two processes
 * on one store.
 */
export const openProduct = async (options: { readonly dir?: string; readonly env?: Record<string, string> } = {}) => {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "hoppetdb-product-"));
  const config = readConfig({
    HOPPETDB_DATA_DIR: dir,
    HOPPETDB_PUBLIC_URL: publicUrl,
    HOPPETDB_CA: "own",
    ...options.env,
  });
  const log = createRecordingLog();
  const product = await compose(config, openDataDir(dir), log);
  await product.access.users.createAdmin(adminPassword);
  const app = product.apps.management;

  const ask = async (
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
    described = true,
  ): Promise<Response> => {
    const bindings: PortBindings = { remoteAddress: "192.0.2.1", secure: false };
    const response = await app.request(path, {
      method,
      headers: {
        Origin: publicUrl,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }, bindings);
    if (described) await checkDescribed(app, method, path, response);
    return response;
  };
  const anonymous: Asks = (method, path, body, headers = {}) => ask(method, path, body, headers);
  const withHeaders = (login: Record<string, string>): Asks => (method, path, body, headers = {}) =>
    ask(method, path, body, { ...login, ...headers });
  /** Someone with a session of his own. */
  const loggedIn = async (user: string, password = adminPassword): Promise<Asks> => {
    const response = await anonymous("POST", "/api/v1/authenticate", { user, password });
    if (response.status !== 201) throw new Error(`Cannot log in: ${response.status} ${await response.text()}`);
    return withHeaders({ Cookie: response.headers.getSetCookie()[0]!.split(";")[0]! });
  };
  let asAdmin: Promise<Asks> | undefined;
  const administrator = () => asAdmin ??= loggedIn("admin");
  /** A user with these permissions and groups, asking with an API credential. */
  const someone = async (
    name: string,
    rights: { readonly permissions?: readonly string[]; readonly groups?: Record<string, unknown> } = {},
  ): Promise<Asks> => {
    const { userRecords, teams, credentials } = product.access;
    await userRecords.create(name, {});
    await teams.create(`${name}-team`, { users: [name], permissions: rights.permissions ?? [] });
    const admin = await administrator();
    for (const [id, filters] of Object.entries(rights.groups ?? {})) {
      const made = await admin("POST", `/api/v1/nodes_groups/${id}`, { filters, teams: [`${name}-team`] });
      if (made.status !== 201) throw new Error(await made.text());
    }
    const { secret } = await credentials.create(name, {});
    return withHeaders({ Authorization: `Bearer ${secret}` });
  };
  return {
    ...product,
    dir,
    app,
    log,
    anonymous,
    withHeaders,
    loggedIn,
    /** The administrator, logged in once. */
    administrator,
    someone,
    async close() {
      await product.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true });
    },
  };
};
