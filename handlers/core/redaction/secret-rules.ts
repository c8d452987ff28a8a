import { AppError } from "../../errors.ts";
import { type Clock, timestamp } from "../../interfaces/clock.ts";
import type { Document, Documents } from "../../interfaces/documents.ts";
import type { Ids } from "../../interfaces/ids.ts";
import { factPath } from "../nodes/fact-test.ts";
import type { SecretPlaces } from "./secret-places.ts";

/** Hides what stands at a place, whatever its value. `created_at` is ISO, UTC. */
export type SecretRule = {
  readonly id: string;
  readonly kind: "fact" | "parameter";
  /** Of kind `fact`: `ssh.private_key`; `*` stands for any one name. */
  readonly fact?: string;
  /** Of kind `parameter`: a resource type, or `*`. */
  readonly type?: string;
  readonly parameter?: string;
  readonly created_at: string;
  readonly created_by: string;
};
export type NewSecretRule =
  | { readonly kind: "fact"; readonly fact: string }
  | { readonly kind: "parameter"; readonly type: string; readonly parameter: string };

type RuleDocument = Document & SecretRule & { readonly place: string };

export const rulesCollection = "secret_rules";
const most = 1_000;

/** Rules by which values are hidden, in the collection `secret_rules`. `refresh`: has them in force before it resolves. */
export const createSecretRules = (deps: {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly refresh: () => Promise<void>;
}) => {
  const { documents, clock, ids, refresh } = deps;
  return {
    async list(): Promise<readonly SecretRule[]> {
      const found = await documents.find<RuleDocument>(rulesCollection, { order: [{ field: "created_at" }] });
      return found.map(show);
    },

    /** Throws AppError `invalid` for a place that can't be read, `conflict` for one that is hidden already. */
    async add(rule: NewSecretRule, by: string): Promise<SecretRule> {
      check(rule);
      if (await documents.count(rulesCollection) >= most) {
        throw new AppError("conflict", `There are ${most} rules already; remove one first`);
      }
      const place = rule.kind === "fact"
        ? `fact ${rule.fact}`
        : `parameter ${rule.type.toLowerCase()} ${rule.parameter}`;
      try {
        const stored = await documents.insert<RuleDocument>(rulesCollection, {
          ...rule,
          id: ids.uuid(),
          created_at: timestamp(clock.now()),
          created_by: by,
          place,
        });
        await refresh();
        return show(stored);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "conflict") throw error;
        throw new AppError("conflict", "There is such a rule already", { field: rule.kind });
      }
    },

    /** False when there was none. */
    async remove(id: string): Promise<boolean> {
      const removed = await documents.remove(rulesCollection, id);
      if (removed) await refresh();
      return removed;
    },
  };
};

/** What the rules hide. */
export const placesOf = (rules: readonly SecretRule[]): SecretPlaces => ({
  factPaths: rules.flatMap(({ kind, fact }) => kind === "fact" && fact !== undefined ? [namesIn(fact)] : []),
  parameters: rules.flatMap(({ kind, type, parameter }) =>
    kind === "parameter" && type !== undefined && parameter !== undefined ? [{ type, parameter }] : []
  ),
});

/** Lists are looked through whole, so that an index says nothing. */
const namesIn = (fact: string): readonly string[] => factPath(fact).filter((each) => typeof each === "string");

const check = (rule: NewSecretRule): void => {
  if (rule.kind === "fact") {
    try {
      if (namesIn(rule.fact).length > 0) return;
    } catch {
      // said below
    }
    throw new AppError("invalid", `Cannot read the place "${rule.fact.slice(0, 200)}" of a fact`, { field: "fact" });
  }
  if (rule.type !== "*" && !/^[A-Za-z][A-Za-z0-9_]*(::[A-Za-z][A-Za-z0-9_]*)*$/.test(rule.type)) {
    throw new AppError("invalid", `"${rule.type.slice(0, 200)}" is no resource type`, { field: "type" });
  }
  if (!/^[a-z][A-Za-z0-9_]*$/.test(rule.parameter)) {
    throw new AppError("invalid", `"${rule.parameter.slice(0, 200)}" is no parameter`, { field: "parameter" });
  }
};

const show = ({ place: _, version: __, ...rule }: RuleDocument & { readonly version?: number }): SecretRule => rule;
