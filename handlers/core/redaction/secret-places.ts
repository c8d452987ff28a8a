import type { HiddenThings } from "../../interfaces/estate.ts";
import { placeholder } from "../../interfaces/redactor.ts";
import { isExactNumber } from "../json/exact-json.ts";

/** What is secret by where it stands, as rules of `secret_rules` say. */
export type SecretPlaces = Pick<HiddenThings, "factPaths" | "parameters">;
export const noPlaces: SecretPlaces = { factPaths: [], parameters: [] };

/** In parsed facts, which it changes: what stands at one of the places. A list is looked through. */
export const hideFactPlaces = (facts: unknown, paths: SecretPlaces["factPaths"]): void => {
  for (const path of paths) hideAt(facts, path, 0);
};

const hideAt = (value: unknown, path: readonly string[], at: number): void => {
  if (typeof value !== "object" || value === null || isExactNumber(value)) return;
  if (Array.isArray(value)) {
    for (const each of value) hideAt(each, path, at);
    return;
  }
  const object = value as Record<string, unknown>;
  const wanted = path[at]!;
  const names = wanted === "*" ? Object.keys(object) : Object.hasOwn(object, wanted) ? [wanted] : [];
  for (const name of names) {
    if (at === path.length - 1) object[name] = placeholder;
    else hideAt(object[name], path, at + 1);
  }
};

/** Whether a rule names this parameter of a type; types are compared as Puppet does, without their case. */
export const isSecretParameter = (rules: SecretPlaces["parameters"], type: unknown, name: string): boolean =>
  rules.some((rule) =>
    rule.parameter === name &&
    (rule.type === "*" || (typeof type === "string" && rule.type.toLowerCase() === type.toLowerCase()))
  );

/** The rule's names for parameters whose type is not known: all of them, to be on the safe side. */
export const anySecretParameter = (rules: SecretPlaces["parameters"], name: string): boolean =>
  rules.some((rule) => rule.parameter === name);
