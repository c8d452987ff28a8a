import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A path for a store; its folder goes when the file's tests are done. Call it while tests are collected or run. */
export const storeFile = (): string => join(folder, `${++count}.sqlite`);

let count = 0;
const folder = mkdtempSync(join(tmpdir(), "hoppetdb-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
