import type { ShapeName } from "../../interfaces/redactor.ts";

/**
 * What of a JSON value is our own or Puppet's fixed vocabulary, and what is foreign. Foreign: keys and values are
 * searched. Own: a scalar that is left alone as long as it is what it should be (a level, a time, a certname); anything
 * else in its place is foreign. A field that isn't named is foreign, its name too.
 */
export type Rule =
  | { readonly kind: "foreign" }
  | { readonly kind: "own"; readonly is: (value: unknown) => boolean; readonly words?: readonly string[] }
  /** Made from what is hidden beside it, so that it could be found by trying. */
  | { readonly kind: "hidden" }
  | { readonly kind: "list"; readonly of: Rule }
  | { readonly kind: "fields"; readonly fields: ReadonlyMap<string, Rule>; readonly also?: Special };

/** Objects in which Puppet's own marks, or the meaning of a field, hide more than the known secrets. */
export type Special = "resource" | "report resource" | "log" | "extensions";

const foreign: Rule = { kind: "foreign" };
const own = (is: (value: unknown) => boolean): Rule => ({ kind: "own", is: (value) => value === null || is(value) });
const oneOf = (...words: string[]): Rule => ({
  kind: "own",
  is: (value) => value === null || words.includes(value as string),
  words,
});
const like = (pattern: RegExp): Rule => own((value) => typeof value === "string" && pattern.test(value));
const list = (of: Rule): Rule => ({ kind: "list", of });
const fields = (of: Readonly<Record<string, Rule>>, also?: Special): Rule => {
  const rules = new Map(Object.entries(of));
  return also ? { kind: "fields", fields: rules, also } : { kind: "fields", fields: rules };
};

const flag = own((value) => typeof value === "boolean");
const smallNumber = own((value) => Number.isInteger(value) && Math.abs(value as number) < 10_000_000);
const time = like(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})? ?(?:Z|UTC|[+-]\d\d:?\d\d)?$/);
const uuid = like(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const certname = like(/^[a-z0-9][a-z0-9._-]{0,254}$/);
const environment = like(/^[A-Za-z0-9_]{1,255}$/);
const typeName = like(/^[A-Z][a-z0-9_]*(?:::[A-Z][a-z0-9_]*)*$/);
const tags = list(foreign);

const level = oneOf("debug", "info", "notice", "warning", "err", "alert", "emerg", "crit");
const eventStatus = oneOf("success", "failure", "noop", "skipped", "audit");
const relationship = oneOf("contains", "before", "required-by", "notifies", "subscription-of");
const kind = oneOf("compilable_type", "unknown", "class", "definition");

/** `Type[title]` in the agent's catalog, `{type, title}` in the command, four fields in PuppetDB's answers. */
const end = fields({ type: typeName, title: foreign });
const edge = fields({
  source: end,
  target: end,
  source_type: typeName,
  source_title: foreign,
  target_type: typeName,
  target_title: foreign,
  relationship,
  certname,
});

const resource = fields({
  certname,
  environment,
  resource: { kind: "hidden" },
  type: typeName,
  title: foreign,
  tags,
  exported: flag,
  virtual: flag,
  kind,
  file: foreign,
  line: smallNumber,
  parameters: foreign,
  sensitive_parameters: foreign,
  aliases: foreign,
}, "resource");

const event = fields({
  status: eventStatus,
  timestamp: time,
  name: foreign,
  property: foreign,
  new_value: foreign,
  old_value: foreign,
  message: foreign,
  corrective_change: flag,
});

/** One rule for each shape of interfaces/redactor.ts. */
export const shapes: Readonly<Record<ShapeName, Rule>> = {
  text: foreign,
  json: foreign,
  parameters: foreign,
  tags,
  facts: fields({
    trusted: fields({
      authenticated: oneOf("remote", "local", "false"),
      certname,
      hostname: certname,
      domain: certname,
      extensions: fields({}, "extensions"),
      external: foreign,
    }),
  }),
  resources: list(resource),
  edges: list(edge),
  catalog: fields({
    tags,
    name: certname,
    version: foreign,
    code_id: foreign,
    job_id: foreign,
    catalog_uuid: uuid,
    transaction_uuid: uuid,
    catalog_format: smallNumber,
    environment,
    producer_timestamp: time,
    resources: list(resource),
    edges: list(edge),
    classes: list(foreign),
    metadata: foreign,
    recursive_metadata: foreign,
  }),
  logs: list(fields({
    file: foreign,
    line: smallNumber,
    level,
    message: foreign,
    source: foreign,
    tags,
    time,
  }, "log")),
  metrics: list(fields({
    category: oneOf("resources", "time", "changes", "events"),
    name: foreign,
    value: foreign,
  })),
  report_resources: list(fields({
    skipped: flag,
    timestamp: time,
    resource_type: typeName,
    resource_title: foreign,
    file: foreign,
    line: smallNumber,
    containment_path: list(foreign),
    corrective_change: flag,
    events: list(event),
  }, "report resource")),
};

/** All field names and enumerated words of a rule and of what is in it. */
export const wordsOf = (rule: Rule): readonly string[] => {
  switch (rule.kind) {
    case "foreign":
    case "hidden":
      return [];
    case "own":
      return rule.words ?? [];
    case "list":
      return wordsOf(rule.of);
    case "fields":
      return [...rule.fields].flatMap(([name, each]) => [name, ...wordsOf(each)]);
    default:
      throw rule satisfies never;
  }
};
