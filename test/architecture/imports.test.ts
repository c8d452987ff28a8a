import { describe, expect, it } from "vitest";
import { type SourceFile, sourceFiles } from "./source-files.ts";

const handlers = sourceFiles("handlers");
const runtime = sourceFiles("runtime");
const all = [...handlers, ...runtime];

/** Who may import whom, nearest rule first: a file's room, and the rooms that it may take from. */
const table: readonly (readonly [room: RegExp, takes: readonly RegExp[]])[] = [
  [/^handlers\/errors\.ts$/, []],
  [/^handlers\/interfaces\//, [/^handlers\/(interfaces\/|errors\.ts|core\/query\/(plan|entities)\.ts)/]],
  [/^handlers\/core\//, [/^handlers\/(core|interfaces)\//, /^handlers\/errors\.ts$/]],
  [/^handlers\/http\//, [/^handlers\/(http|core|interfaces)\//, /^handlers\/errors\.ts$/]],
  [/^handlers\/(management|puppet|puppet-ca|puppetdb|ui)\//, [
    /^handlers\/(http|core|interfaces)\//,
    /^handlers\/errors\.ts$/,
  ]],
  [/^handlers\/client\.ts$/, [/^handlers\/management\.ts$/]],
  [/^handlers\/[a-z]+\.ts$/, [/^handlers\//]],
  [/^runtime\/(ports|tls|upstream|relay|agent|storage\/[a-z]+)\//, [
    /^handlers\/(interfaces|core)\//,
    /^handlers\/errors\.ts$/,
    /^handlers\/http\/env\.ts$/,
  ]],
  [/^runtime\/config(\.ts|\/)/, [/^runtime\/config\//]],
  [/^runtime\//, [/^(runtime|handlers)\//]],
];

const folder = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
const httpFolder = (path: string) => /^handlers\/(management|puppet|puppet-ca|puppetdb|ui)\//.exec(path)?.[0];
const adapter = (path: string) => /^runtime\/(ports|tls|upstream|relay|agent|storage\/[a-z]+)\//.exec(path)?.[0];
/** The HTTP folder or adapter that a file is in: its rooms are open to one another. */
const within = (path: string) => httpFolder(path) ?? adapter(path);
const ours = (file: SourceFile) => file.imports.filter((path) => /^(handlers|runtime)\//.test(path));

describe("imports", () => {
  it("finds the source", () => {
    expect(handlers.length).toBeGreaterThan(20);
    expect(runtime.length).toBeGreaterThan(5);
  });

  it("go only where the table allows", () => {
    const wrong = all.flatMap((file) => {
      const takes = table.find(([room]) => room.test(file.path))?.[1] ?? [];
      return ours(file)
        .filter((path) => folder(path) !== folder(file.path) && !takes.some((allowed) => allowed.test(path)))
        .filter((path) => !(within(file.path) && path.startsWith(within(file.path)!)))
        .map((path) => `${file.path} -> ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it("never tie one HTTP folder, or one adapter, to another", () => {
    const wrong = all.flatMap((file) => {
      const own = within(file.path);
      if (!own) return [];
      return ours(file).filter((path) => {
        const theirs = within(path);
        return theirs !== undefined && theirs !== own;
      }).map((path) => `${file.path} -> ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it("make no circle", () => {
    const edges = new Map(all.map((file) => [file.path, ours(file)]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
        return;
      }
      if (done.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it("name files that exist, with their ending", () => {
    const known = new Set(all.map((file) => file.path));
    const wrong = all.flatMap((file) =>
      ours(file).filter((path) => !known.has(path)).map((p) => `${file.path} -> ${p}`)
    );
    expect(wrong).toEqual([]);
  });
});

describe("handlers", () => {
  it("use web standards, hono, zod and pure libraries only", () => {
    const pure = /^(hono(\/|$)|zod$|@hono\/zod-validator$|re2js$|@peculiar\/x509$|reflect-metadata$)/;
    const wrong = handlers.flatMap((file) =>
      file.imports.filter((path) => !path.startsWith("handlers/") && !pure.test(path)).map((path) =>
        `${file.path} -> ${path}`
      )
    );
    expect(wrong).toEqual([]);
  });

  it("touch no runtime, no environment, no clock, no document", () => {
    const impure =
      /(?<!")\bDeno\.|\bprocess\.|\bDate\.now\(|\bnew Date\(\)|\bdocument\.(body|cookie|create|get|query)|\bwindow\.|\bsetInterval\(|\bconsole\./;
    expect(handlers.filter((file) => impure.test(withoutComments(file.text))).map((file) => file.path)).toEqual([]);
  });

  it("keep no state in a module", () => {
    const state =
      /^(?:export )?let |^(?:export )?const \w+(?:: (?!Readonly)[^=]+)? = new (?:Map|Set|WeakMap)(?:<[^>]*>)?\(\);?$/m;
    expect(handlers.filter((file) => state.test(withoutComments(file.text))).map((file) => file.path)).toEqual([]);
  });

  it("open what is sealed in few rooms", () => {
    const rooms = /^(handlers\/(puppet|puppetdb|core\/redaction|core\/jobs|core\/relay)\/|runtime\/(storage|agent)\/)/;
    const opening = all.filter((file) => withoutComments(file.text).includes(".reveal(")).map((file) => file.path);
    expect(opening.length).toBeGreaterThan(0);
    expect(opening.filter((path) => !rooms.test(path))).toEqual([]);
  });
});

describe("files", () => {
  it("are short, named in kebab-case, and export by name", () => {
    const long = all.filter((file) => file.text.split("\n").length > 301).map((file) => file.path);
    const named = all.filter((file) => !/(^|\/)[a-z0-9]+([.-][a-z0-9]+)*\.ts$/.test(file.path)).map((file) =>
      file.path
    );
    const unnamed = all.filter((file) => /^export default (?!\{ fetch)/m.test(file.text)).map((file) => file.path);
    const barrels = all.filter((file) => /^export \* from/m.test(file.text)).map((file) => file.path);
    expect({ long, named, unnamed, barrels }).toEqual({ long: [], named: [], unnamed: [], barrels: [] });
  });
});

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
