import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export type SourceFile = {
  /** From the root, with forward slashes: `handlers/errors.ts`. */
  readonly path: string;
  readonly text: string;
  /** What it imports: paths from the root for our own files, else the specifier. */
  readonly imports: readonly string[];
};

/** Every TypeScript file below the given folders. */
export const sourceFiles = (...folders: string[]): SourceFile[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => {
        const path = relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/");
        const text = readFileSync(join(root, path), "utf8");
        return { path, text, imports: importsOf(path, text) };
      })
  );

const importsOf = (path: string, text: string): string[] =>
  [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s(?:[^;'"]*?\sfrom\s*)?["']([^"']+)["']/g),
    ...text.matchAll(
      /\bimport\(\s*["']([^"']+)["']/g,
    ),
  ].map(([, specifier = ""]) =>
    specifier.startsWith(".") ? normalize(join(dirname(path), specifier)).replaceAll("\\", "/") : specifier
  );
