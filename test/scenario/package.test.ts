import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const onDeno = "Deno" in globalThis;

/** The package is the same whichever runtime tests it; it is made and installed once, by npm, on Node. */
describe.skipIf(onDeno)("the npm package", () => {
  const dir = mkdtempSync(join(tmpdir(), "hoppetdb-package-"));
  const run = (command: string, args: string[], cwd = dir, env = {}) =>
    execFileSync(command, args, {
      cwd,
      encoding: "utf8",
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });

  beforeAll(() => {
    const tarball = run("npm", ["pack", "--silent", "--pack-destination", dir], root).trim().split("\n").at(-1)!;
    writeFileSync(join(dir, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
    run("npm", ["install", "--silent", "--no-audit", "--no-fund", join(dir, tarball)]);
  }, 180_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("has a command that runs", () => {
    const env = { HOPPETDB_NODE: process.execPath };
    expect(run(join(dir, "node_modules/.bin/hoppetdb"), ["config"], dir, env)).toContain(
      "HOPPETDB_PUPPET_LISTEN=0.0.0.0:8001 (default)",
    );
    expect(run(join(dir, "node_modules/.bin/hoppetdb"), ["version"], dir, env)).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("has a client whose answers are typed, and handlers that can be imported", () => {
    writeFileSync(
      join(dir, "use.ts"),
      `import { managementClient } from "hoppetdb/client";
import { AppError } from "hoppetdb/handlers/errors";
const client = managementClient("http://127.0.0.1:8000");
export const names = async (): Promise<string[]> => {
  const answer = await client.api.v1.nodes_secrets_redactor.$get({ query: {} });
  if (!answer.ok) throw new AppError("upstream_failed", "no");
  const { result } = await answer.json();
  // @ts-expect-error -- there is no such field
  result[0]?.colour;
  return result.map((secret) => String(secret.id));
};
`,
    );
    copyFileSync(join(root, "tsconfig.json"), join(dir, "base.json"));
    writeFileSync(
      join(dir, "tsconfig.json"),
      '{ "extends": "./base.json", "compilerOptions": { "types": [], "noUnusedLocals": false }, "include": ["use.ts"] }',
    );
    run(join(root, "node_modules/.bin/tsc"), ["-p", dir], dir);
    writeFileSync(
      join(dir, "use.js"),
      'import { AppError } from "hoppetdb/handlers/errors"; console.log(new AppError("invalid", "x").status);',
    );
    expect(run(process.execPath, ["use.js"])).toBe("422\n");
  });
});
