// deno-lint-ignore-file require-await -- what throws here must reject, as in a real store
import { RE2JS } from "re2js";
import { collections } from "../../handlers/core/collections.ts";
import type { Condition, FieldRef, Order } from "../../handlers/core/query/plan.ts";
import { AppError } from "../../handlers/errors.ts";
import type { Changes } from "../../handlers/interfaces/changes.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { CollectionName, Document, Documents, Stored } from "../../handlers/interfaces/documents.ts";

export type MemoryDocuments = {
  readonly documents: Documents;
  readonly changes: Changes;
  /** What a collection holds, for a test to look into. */
  dump(collection: CollectionName): readonly Stored[];
};

/**
 * `Documents` in memory, with the unique keys and the expiry of core/collections.ts, versions and changes. `clock`
 * decides what has expired; without it nothing does.
 */
export const createMemoryDocuments = (clock?: Clock): MemoryDocuments => {
  const tables = new Map<CollectionName, Map<string, Stored>>();
  const versions = new Map<string, number>();
  const listeners = new Map<string, Set<() => void>>();

  const table = (name: CollectionName): Map<string, Stored> => {
    const known = tables.get(name) ?? new Map<string, Stored>();
    tables.set(name, known);
    const expires = collections[name].expires;
    if (clock && expires) {
      for (const [id, each] of known) {
        const at = each[expires];
        if (typeof at === "number" && at <= clock.now()) known.delete(id);
      }
    }
    return known;
  };
  // while several changes are made in one step nobody is told of a part
  let held: Set<CollectionName> | undefined;
  const changed = (name: CollectionName) => {
    if (held) return void held.add(name);
    versions.set(name, (versions.get(name) ?? 0) + 1);
    for (const listener of listeners.get(name) ?? []) listener();
  };
  const checkUnique = (name: CollectionName, document: Document) => {
    for (const key of collections[name].unique) {
      for (const each of table(name).values()) {
        const taken = key.every((field) => (document[field] ?? null) !== null && each[field] === document[field]);
        if (each.id !== document.id && taken) {
          throw new AppError("conflict", `Another document of "${name}" has the same ${key.join(", ")}`, {
            field: key[0]!,
          });
        }
      }
    }
  };
  const put = (name: CollectionName, document: Document, version: number): Stored => {
    const stored = { ...structuredClone(document), version } as Stored;
    table(name).set(document.id, stored);
    changed(name);
    return structuredClone(stored);
  };

  const insert = (name: CollectionName, document: Document): Stored => {
    if (table(name).has(document.id)) {
      throw new AppError("conflict", `"${document.id}" exists in "${name}" already`, { field: "id" });
    }
    checkUnique(name, document);
    return put(name, document, 1);
  };
  const replace = (name: CollectionName, document: Document, version: number): Stored => {
    const known = table(name).get(document.id);
    if (!known) throw new AppError("not_found", `"${document.id}" is not in "${name}"`);
    if (known.version !== version) {
      throw new AppError("precondition_failed", `"${document.id}" in "${name}" was changed by someone else`);
    }
    checkUnique(name, document);
    return put(name, document, version + 1);
  };
  const remove = (name: CollectionName, id: string): boolean => {
    const removed = table(name).delete(id);
    if (removed) changed(name);
    return removed;
  };

  const documents: Documents = {
    async get<T extends Document>(name: CollectionName, id: string) {
      return structuredClone(table(name).get(id)) as Stored<T> | undefined;
    },
    async insert<T extends Document>(name: CollectionName, document: T) {
      return insert(name, document) as Stored<T>;
    },
    async replace<T extends Document>(name: CollectionName, document: T, version: number) {
      return replace(name, document, version) as Stored<T>;
    },
    async remove(name, id) {
      return remove(name, id);
    },
    async change(changes) {
      const before = new Map([...tables].map(([name, known]) => [name, new Map(known)]));
      const touched = held = new Set();
      try {
        for (const each of changes) {
          if (each.do === "insert") insert(each.collection, each.document);
          else if (each.do === "replace") replace(each.collection, each.document, each.version);
          else remove(each.collection, each.id);
        }
      } catch (error) {
        tables.clear();
        for (const [name, known] of before) tables.set(name, known);
        touched.clear();
        throw error;
      } finally {
        held = undefined;
      }
      touched.forEach(changed);
    },
    async removeWhere(name, where) {
      const found = [...table(name).values()].filter((each) => holds(where, each) === true);
      for (const each of found) table(name).delete(each.id);
      if (found.length > 0) changed(name);
      return found.length;
    },
    async find<T extends Document>(name: CollectionName, find: Parameters<Documents["find"]>[1] = {}) {
      const { where, order = [], limit = Infinity, offset = 0 } = find;
      const found = [...table(name).values()].filter((each) => !where || holds(where, each) === true);
      found.sort((a, b) => compare(order, a, b) || (a.id < b.id ? -1 : 1));
      const page = found.slice(offset, offset + limit).map((each) =>
        find.fields ? pick(each, ["id", "version", ...find.fields]) : each
      );
      return structuredClone(page) as unknown as Stored<T>[];
    },
    async count(name, where) {
      return [...table(name).values()].filter((each) => !where || holds(where, each) === true).length;
    },
  };
  return {
    documents,
    changes: {
      version: (topic) => versions.get(topic) ?? 0,
      subscribe(topic, listener) {
        const known = listeners.get(topic) ?? new Set();
        listeners.set(topic, known.add(listener));
        return () => void known.delete(listener);
      },
    },
    dump: (name) => structuredClone([...table(name).values()]),
  };
};

const pick = (row: Stored, fields: readonly string[]): Stored =>
  Object.fromEntries(fields.map((field) => [field, row[field] ?? null])) as Stored;

const read = (ref: FieldRef, row: Document): unknown =>
  (ref.path ?? []).reduce<unknown>(
    (value, key) => typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    row[ref.field],
  );

/** Three-valued, as the algebra says: undefined is unknown. */
const holds = (condition: Condition, row: Document): boolean | undefined => {
  switch (condition.op) {
    case "and":
    case "or": {
      const all = condition.of.map((each) => holds(each, row));
      const decided = condition.op === "or";
      return all.includes(decided) ? decided : all.includes(undefined) ? undefined : !decided;
    }
    case "not": {
      const inner = holds(condition.of, row);
      return inner === undefined ? undefined : !inner;
    }
    case "null":
      return (read(condition.left, row) ?? null) === null === condition.is;
    case "has": {
      const list = read(condition.left, row);
      return Array.isArray(list) ? list.includes(condition.right) : undefined;
    }
    case "matches": {
      const value = read(condition.left, row);
      if (value === undefined || value === null) return undefined;
      const pattern = RE2JS.compile(condition.pattern);
      return [value].flat().some((each) => typeof each === "string" && pattern.matcher(each).find());
    }
    case "in": {
      if ("plan" in condition) throw new AppError("internal", "A collection has no subqueries");
      const values = condition.left.map((each) => read(each, row));
      if (values.some((each) => each === undefined || each === null)) return undefined;
      return condition.values.some((each) => each.every((value, i) => value === values[i]));
    }
    case "json=":
      return JSON.stringify(read(condition.left, row)) === JSON.stringify(condition.right);
    default: {
      const left = read(condition.left, row);
      if (left === undefined || left === null || typeof left !== typeof condition.right) return undefined;
      const right = condition.right as typeof left;
      switch (condition.op) {
        case "=":
          return left === right;
        case "<":
          return left < right;
        case "<=":
          return left <= right;
        case ">":
          return left > right;
        case ">=":
          return left >= right;
        default:
          throw condition satisfies never;
      }
    }
  }
};

const compare = (order: readonly Order[], a: Document, b: Document): number => {
  for (const each of order) {
    const [left, right] = [read(each, a), read(each, b)] as [string, string];
    if (left === right) continue;
    const sign = (left ?? "") < (right ?? "") ? -1 : 1;
    return each.direction === "desc" ? -sign : sign;
  }
  return 0;
};
