import type { ShapeName } from "../../interfaces/redactor.ts";

export type FieldType = "string" | "number" | "boolean" | "timestamp" | "array" | "json";

export type EntityField = {
  readonly type: FieldType;
  /** What nodes or Puppet sent comes out sealed, in this shape; own fields have none. */
  readonly sealed?: ShapeName;
  /** Can be asked for but is not in the rows (`latest_report?`), or the other way round. */
  readonly only?: "filter" | "output";
  /** Ours, unknown to PuppetDB: in a row only where it is named. */
  readonly own?: true;
};

export type Entity = { readonly fields: Readonly<Record<string, EntityField>> };

const id = { type: "string" } as const;
const number = { type: "number" } as const;
const boolean = { type: "boolean" } as const;
const time = { type: "timestamp" } as const;
const text = { type: "string", sealed: "text" } as const;
const json = (sealed: ShapeName, only?: "output") => ({ type: "json", sealed, ...(only ? { only } : {}) }) as const;

/**
 * What can be asked for, in PuppetDB's words, and which of it is sealed. Both stores and all front ends read this table.
 * `active` (neither deactivated nor expired) is ours; the other names are those of PuppetDB's API.
 */
export const entities = {
  nodes: {
    fields: {
      certname: id,
      active: { type: "boolean", only: "filter" },
      /** Switched off by a person; deactivated and expired are Puppet's. */
      disabled: { type: "boolean", own: true },
      /** Active and not disabled: somebody waits for its reports. */
      enabled: { type: "boolean", only: "filter" },
      /** That of the last run, else what the catalog or the facts name. */
      environment: { type: "string", own: true },
      /** The latest of its three timestamps. */
      changed_at: { type: "timestamp", own: true },
      /** The node's facts, to be asked about: `{ field: "facts", path: ["os", "family"], shown: true }`. */
      facts: { type: "json", sealed: "facts", own: true },
      deactivated: time,
      expired: time,
      catalog_timestamp: time,
      facts_timestamp: time,
      report_timestamp: time,
      catalog_environment: id,
      facts_environment: id,
      report_environment: id,
      latest_report_status: id,
      latest_report_hash: id,
      latest_report_noop: boolean,
      latest_report_noop_pending: boolean,
      latest_report_corrective_change: boolean,
      latest_report_job_id: id,
      cached_catalog_status: id,
    },
  },
  factsets: {
    fields: {
      certname: id,
      environment: id,
      timestamp: time,
      producer_timestamp: time,
      producer: id,
      hash: id,
      facts: json("facts"),
      package_inventory: json("json", "output"),
    },
  },
  facts: { fields: { certname: id, environment: id, name: text, value: json("json") } },
  catalogs: {
    fields: {
      /** Ours: identifies one stored catalog of a node's history. */
      id,
      /** Ours: whether it is the node's present one. */
      current: boolean,
      certname: id,
      version: text,
      environment: id,
      hash: id,
      transaction_uuid: id,
      catalog_uuid: id,
      code_id: id,
      job_id: id,
      producer_timestamp: time,
      producer: id,
      num_resources: number,
      num_resources_exported: number,
      resources: json("resources", "output"),
      edges: json("edges", "output"),
    },
  },
  resources: {
    fields: {
      certname: id,
      environment: id,
      resource: id,
      type: text,
      title: text,
      tags: { type: "array", sealed: "tags" },
      exported: boolean,
      file: text,
      line: number,
      parameters: json("parameters"),
      /** All of it as a catalog has it, in a list of one, so that Puppet's marks and rules by type find it. */
      whole: { type: "json", sealed: "resources", only: "output", own: true },
    },
  },
  reports: {
    fields: {
      hash: id,
      certname: id,
      environment: id,
      status: id,
      type: id,
      puppet_version: text,
      report_format: number,
      configuration_version: text,
      start_time: time,
      end_time: time,
      producer_timestamp: time,
      receive_time: time,
      producer: id,
      transaction_uuid: id,
      catalog_uuid: id,
      code_id: id,
      job_id: id,
      cached_catalog_status: id,
      noop: boolean,
      noop_pending: boolean,
      corrective_change: boolean,
      latest_report: { type: "boolean", only: "filter" },
      metrics: json("metrics", "output"),
      logs: json("logs", "output"),
      resources: json("report_resources", "output"),
    },
  },
} as const satisfies Record<string, Entity>;

export type EntityName = keyof typeof entities;
