import { z } from "zod";
import { absent, name, textOrNull, time } from "./wire.ts";

/** `replace facts`, versions 4 and 5: the older one lacks the producer. */
export const factsSchema = z.object({
  certname: name,
  environment: textOrNull,
  producer_timestamp: time,
  producer: textOrNull,
  values: z.record(z.string(), z.unknown()),
  package_inventory: absent(z.array(z.tuple([z.string(), z.string(), z.string()]))),
});

/** `deactivate node`, version 3. */
export const deactivateSchema = z.object({ certname: name, producer_timestamp: time.optional() });

/** `configure expiration`, version 1. */
export const expirationSchema = z.object({
  certname: name,
  producer_timestamp: time.optional(),
  expire: z.object({ facts: z.boolean() }),
});

/** `replace catalog inputs`, version 1. */
export const inputsSchema = z.object({
  certname: name,
  producer_timestamp: time,
  catalog_uuid: name,
  inputs: z.array(z.tuple([z.string(), z.string()])),
});
