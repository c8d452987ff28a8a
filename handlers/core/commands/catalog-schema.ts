import { z } from "zod";
import { absent, name, text, textOrNull, time } from "./wire.ts";

const ref = z.object({ type: name, title: text });
/** What Puppet takes for a tag: letters, marks and digits of any script; it has put them into lower case. */
const tag = z.string().regex(/^(?!.*\p{Lu})[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_:.-]*$/u, "expected a tag in lower case");

/** `replace catalog`, versions 6 to 9: the older ones lack code_id, catalog_uuid, producer and job_id. */
export const catalogSchema = z.object({
  certname: name,
  version: text,
  environment: textOrNull,
  transaction_uuid: textOrNull,
  catalog_uuid: textOrNull,
  code_id: textOrNull,
  job_id: textOrNull,
  producer_timestamp: time,
  producer: textOrNull,
  resources: z.array(z.object({
    type: name,
    title: text,
    exported: z.boolean(),
    file: textOrNull,
    line: absent(z.number().int()),
    tags: absent(z.array(tag)).transform((tags) => [...new Set(tags ?? [])].sort()),
    aliases: absent(z.array(text)).transform((aliases) => aliases ?? []),
    parameters: absent(z.record(z.string(), z.unknown())),
  })),
  edges: z.array(z.object({
    source: ref,
    target: ref,
    relationship: z.enum(["contains", "before", "required-by", "notifies", "subscription-of"]),
  })),
});
