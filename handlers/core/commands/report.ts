import type { z } from "zod";
import type { StoreReport } from "../../interfaces/command.ts";
import { stringify } from "../json/exact-json.ts";
import { canonical, sha1 } from "./hashing.ts";
import type { reportSchema } from "./report-schema.ts";

type Report = z.output<typeof reportSchema>;
type Resource = NonNullable<Report["resources"]>[number];
type Payload = Readonly<Record<string, unknown>>;
type List = readonly Payload[];

/** A report in its newest form; values of metrics and events have their numbers as they were sent in `exact`. */
export const reportOf = async (report: Report, exact: Payload): Promise<StoreReport> => {
  const { metrics, logs, resources, resource_events, catalog_uuid, ...about } = report;
  const list = resources
    ? withValues(resources, exact.resources as List)
    : grouped(resource_events ?? [], exact.resource_events as List);
  const identity = [
    about.certname,
    about.puppet_version,
    about.report_format,
    about.configuration_version,
    about.start_time,
    about.end_time,
    about.producer_timestamp,
    about.transaction_uuid,
  ];
  return {
    command: "store report",
    ...about,
    catalog_uuid: catalog_uuid ?? about.transaction_uuid,
    hash: await sha1(canonical(identity)),
    metrics: stringify((metrics ?? []).map((each, at) => ({ ...each, value: (exact.metrics as List)[at]?.value }))),
    logs: stringify((logs ?? []).map((each) => ({ ...each, tags: each.tags ?? [] }))),
    resources: stringify(list),
  };
};

const withValues = (resources: readonly Resource[], exact: List): Resource[] =>
  resources.map((resource, at) => ({
    ...resource,
    containment_path: resource.containment_path ?? [],
    events: resource.events.map((event, i) => valued(event, (exact[at]?.events as List)[i])),
  }));

const valued = <E extends object>(event: E, exact: Payload | undefined) => ({
  ...event,
  new_value: exact?.new_value ?? null,
  old_value: exact?.old_value ?? null,
  message: typeof exact?.message === "string" || exact?.message == null
    ? exact?.message ?? null
    : stringify(exact.message),
});

/** Version 5's flat events, put together by resource in the order of their first event. */
const grouped = (events: NonNullable<Report["resource_events"]>, exact: List): Resource[] => {
  const found = new Map<string, Resource>();
  events.forEach(({ resource_type, resource_title, file, line, containment_path, ...event }, at) => {
    const key = `${resource_type}\0${resource_title}`;
    const resource = found.get(key) ?? {
      skipped: event.status === "skipped",
      timestamp: event.timestamp,
      resource_type,
      resource_title,
      file,
      line,
      containment_path: containment_path ?? [],
      corrective_change: null,
      events: [],
    };
    found.set(key, resource);
    if (event.status !== "skipped") resource.events.push(valued(event, exact[at]));
  });
  return [...found.values()];
};
