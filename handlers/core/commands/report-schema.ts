import { z } from "zod";
import { absent, flag, name, text, textOrNull, time } from "./wire.ts";

const event = z.object({
  status: text,
  timestamp: time,
  property: textOrNull,
  name: textOrNull,
  new_value: z.unknown().optional(),
  old_value: z.unknown().optional(),
  // providers give whatever they like here
  message: z.unknown().optional(),
  corrective_change: flag,
});
const resource = z.object({
  skipped: z.boolean(),
  timestamp: time,
  resource_type: name,
  resource_title: text,
  file: textOrNull,
  line: absent(z.number().int()),
  containment_path: absent(z.array(text)),
  corrective_change: flag,
  events: z.array(event),
});
/** Version 5 has one flat list of events instead. */
const flatEvent = event.extend({
  resource_type: name,
  resource_title: text,
  file: textOrNull,
  line: absent(z.number().int()),
  containment_path: absent(z.array(text)),
});
const log = z.object({
  file: textOrNull,
  line: absent(z.number().int()),
  level: text,
  message: text,
  source: text,
  tags: absent(z.array(text)),
  time,
});
const metric = z.object({ category: text, name: text, value: z.number() });

/** `store report`, versions 5 to 8. */
export const reportSchema = z.object({
  certname: name,
  puppet_version: text,
  report_format: z.number().int(),
  configuration_version: z.union([z.string(), z.number()]).transform(String),
  start_time: time,
  end_time: time,
  producer_timestamp: time,
  producer: textOrNull,
  environment: textOrNull,
  status: textOrNull,
  noop: flag,
  noop_pending: flag,
  corrective_change: flag,
  transaction_uuid: textOrNull,
  catalog_uuid: textOrNull,
  code_id: textOrNull,
  job_id: textOrNull,
  cached_catalog_status: textOrNull,
  type: z.enum(["agent", "plan"]).optional().transform((type) => type ?? "agent"),
  metrics: absent(z.array(metric)),
  logs: absent(z.array(log)),
  resources: z.array(resource).optional(),
  resource_events: z.array(flatEvent).optional(),
}).refine((report) => report.resources !== undefined || report.resource_events !== undefined, {
  path: ["resources"],
  message: "expected an array",
});
