import type { JsonSchema } from "./json-schema.ts";

/**
 * A JSON schema as a person reads it, in the manner of TypeScript: `{ result: [{ id: string, … }] }` over several lines,
 * descriptions as comments. References are followed, once each.
 */
export const typeText = (schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): string =>
  textOf(schema, schemas, "", []);

const textOf = (
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  indent: string,
  open: readonly string[],
): string => {
  const inner = (part: unknown) => textOf((part ?? {}) as JsonSchema, schemas, indent, open);
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.split("/").at(-1)!;
    const target = schemas[name];
    return target && !open.includes(name) ? textOf(target, schemas, indent, [...open, name]) : name;
  }
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  const choice = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choice)) return choice.map(inner).join(" | ");
  if (Array.isArray(schema.allOf)) return schema.allOf.map(inner).join(" & ");
  if (Array.isArray(schema.prefixItems)) return `[${schema.prefixItems.map(inner).join(", ")}]`;
  if (schema.type === "array") return `[${inner(schema.items)}]`;
  if (schema.type === "object") return objectText(schema, schemas, indent, open);
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  if (schema.format === "date-time") return "timestamp";
  return typeof schema.type === "string" ? schema.type : "any";
};

const objectText = (
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  indent: string,
  open: readonly string[],
): string => {
  const deeper = `${indent}  `;
  const required = (schema.required ?? []) as readonly string[];
  const lines = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).map(([name, part]) => {
    const comment = typeof part.description === "string" ? `  // ${part.description}` : "";
    const optional = required.includes(name) ? "" : "?";
    return `${deeper}${name}${optional}: ${textOf(part, schemas, deeper, open)}${comment}`;
  });
  if (typeof schema.additionalProperties === "object") {
    lines.push(`${deeper}[name]: ${textOf(schema.additionalProperties as JsonSchema, schemas, deeper, open)}`);
  }
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`;
};
