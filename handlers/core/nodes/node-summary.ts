import { type NodeStatus, nodeStatusOf } from "./node-status.ts";
import { flagOf, numberOf, type ShownRow, textOf } from "./redact-row.ts";

/** A node as lists show it. Times are ISO, UTC. */
export type NodeSummary = {
  readonly id: string;
  readonly environment: string | null;
  /** By a person, or deactivated or expired: nobody waits for its reports. */
  readonly disabled: boolean;
  readonly deactivated: string | null;
  readonly expired: string | null;
  readonly change_catalog: string | null;
  readonly change_facts: string | null;
  readonly change_report: string | null;
  /** The latest of these three. */
  readonly change_last: string | null;
  readonly catalog: CatalogCounts | null;
  readonly report: LastReport | null;
  readonly report_status_computed: NodeStatus;
};

export type CatalogCounts = {
  readonly catalog_uuid: string | null;
  readonly num_resources: number;
  readonly num_resources_exported: number;
};

export type LastReport = {
  /** The report's id under `/nodes/{node}/reports`. */
  readonly hash: string;
  readonly catalog_uuid: string | null;
  readonly status: string | null;
  readonly noop: boolean | null;
  readonly noop_pending: boolean | null;
  readonly corrective_change: boolean | null;
};

/** Makes it of a row of `nodes`, what is known of its catalog, and the catalog that its last report was about. */
export const nodeSummary = (
  row: ShownRow,
  before: string,
  catalog: CatalogCounts | undefined,
  reportCatalog: string | null,
): NodeSummary => {
  const [deactivated, expired] = [textOf(row, "deactivated"), textOf(row, "expired")];
  const disabled = flagOf(row, "disabled") === true || deactivated !== null || expired !== null;
  const reportedAt = textOf(row, "report_timestamp");
  const status = textOf(row, "latest_report_status");
  const hash = textOf(row, "latest_report_hash");
  return {
    id: textOf(row, "certname") ?? "",
    environment: textOf(row, "environment"),
    disabled,
    deactivated,
    expired,
    change_catalog: textOf(row, "catalog_timestamp"),
    change_facts: textOf(row, "facts_timestamp"),
    change_report: reportedAt,
    change_last: textOf(row, "changed_at"),
    catalog: catalog ?? null,
    report: hash === null ? null : {
      hash,
      catalog_uuid: reportCatalog,
      status,
      noop: flagOf(row, "latest_report_noop"),
      noop_pending: flagOf(row, "latest_report_noop_pending"),
      corrective_change: flagOf(row, "latest_report_corrective_change"),
    },
    report_status_computed: nodeStatusOf({ disabled, reportedAt, status }, before),
  };
};

export const catalogCounts = (row: ShownRow): CatalogCounts => ({
  catalog_uuid: textOf(row, "catalog_uuid"),
  num_resources: numberOf(row, "num_resources"),
  num_resources_exported: numberOf(row, "num_resources_exported"),
});
