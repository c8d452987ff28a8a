import { z } from "zod";

export type JsonSchema = { readonly [key: string]: unknown };

/**
 * JSON Schema (2020-12, as OpenAPI 3.1 has it) of what goes in or comes out. What JSON Schema can't say (a transform,
 * say) is left open. Named and recursive parts are put into `components`, under `owner` where they have no name.
 */
export const jsonSchemaOf = (
  schema: z.ZodType,
  io: "input" | "output",
  components: Map<string, JsonSchema>,
  owner: string,
): JsonSchema => {
  const { $schema: _, $defs = {}, ...root } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      // The pattern says the same as the format, in 300 characters.
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      // Many tools that read the document know no Unicode properties, and would refuse it whole.
      if (jsonSchema.pattern?.includes("\\p{")) delete jsonSchema.pattern;
    },
  });
  const rename = (name: string) => name.startsWith("__") ? `${owner}${name}` : name;
  for (const [name, part] of Object.entries($defs)) {
    components.set(rename(name), withReferences(part, rename) as JsonSchema);
  }
  return withReferences(root, rename) as JsonSchema;
};

/**
 * The schema of one query parameter, as it is after reading: a number for `limit`, not the text that it comes as. Where
 * it becomes something that JSON Schema can't say, as it is sent.
 */
export const parameterSchemaOf = (
  schema: z.ZodType,
  components: Map<string, JsonSchema>,
  owner: string,
): JsonSchema => {
  const read = jsonSchemaOf(schema, "output", components, owner);
  return "type" in read || "anyOf" in read || "enum" in read || "$ref" in read
    ? read
    : jsonSchemaOf(schema, "input", components, owner);
};

const withReferences = (value: unknown, rename: (name: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((each) => withReferences(each, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) =>
      key === "$ref" && typeof each === "string"
        ? [key, `#/components/schemas/${rename(each.replace(/^#\/\$defs\//, ""))}`]
        : [key, withReferences(each, rename)]
    ),
  );
};
