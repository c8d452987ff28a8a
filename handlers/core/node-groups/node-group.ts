import { z } from "zod";
import { factOps, factTypes } from "../nodes/fact-test.ts";
import { recordIdPattern } from "../access/record-id.ts";

const value = z.union([z.string().max(10_000), z.number(), z.boolean()]);
const fact = z.string().min(1).max(1000).meta({
  description: 'A place in the facts: `os.family`, `trusted.extensions.pp_role`, `mountpoints."/boot".size_bytes`',
});

/** What one thing about a node must be: a fact, its certname or its environment. */
const test = z.strictObject({
  fact: fact.optional(),
  field: z.enum(["certname", "environment"]).optional(),
  op: z.enum(factOps).optional().meta({ description: "Default: `in` with `values`, `eq` with `value`" }),
  type: z.enum(factTypes).optional().meta({ description: "Default: that of the values" }),
  value: value.optional(),
  values: z.array(value).max(1000).optional(),
});

export type Part = z.infer<typeof test> | { all: Part[] } | { any: Part[] } | { not: Part };

const part: z.ZodType<Part> = z.lazy(() =>
  z.union([
    test,
    z.strictObject({ all: z.array(part).max(1000) }),
    z.strictObject({ any: z.array(part).max(1000) }),
    z.strictObject({ not: part }),
  ])
).meta({ id: "NodeGroupPart" });

/** All parts must hold. The rules of a group are alternatives. */
export const ruleSchema = z.strictObject({
  name: z.string().min(1).max(200).optional().meta({ description: "What `explain` calls it" }),
  part: z.array(part).max(1000),
});
export const rulesSchema = z.array(ruleSchema).max(1000);

export type Rule = z.infer<typeof ruleSchema>;

/** Nodes that meet one of the rules, whenever it is asked; and the teams that see them. */
export type NodeGroup = {
  readonly id: string;
  readonly description: string;
  readonly filters: readonly Rule[];
  readonly teams: readonly string[];
  /** ISO, UTC. */
  readonly created_at: string;
};

export const nodeGroupId = z.string().regex(
  recordIdPattern,
  "expected letters, digits and ._@+-, a letter or digit first",
);
