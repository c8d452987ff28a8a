/**
 * Migration 2: what people set for a node (`facts_inject`: JSON, encrypted), and the facts as they are shown where
 * Puppet marked something in them as sensitive for this node (JSONB; null where that changes nothing), made with the version of its marks that `shown_marks` names
 * (0: there were none).
 */
export const nodeSettings = `
ALTER TABLE nodes ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN facts_inject BLOB;
ALTER TABLE nodes ADD COLUMN settings_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX nodes_disabled ON nodes (id) WHERE disabled = 1;
ALTER TABLE fact_values ADD COLUMN shown BLOB;
ALTER TABLE fact_values ADD COLUMN shown_marks INTEGER NOT NULL DEFAULT 0;
CREATE INDEX nodes_counted ON nodes (report_timestamp, deactivated, expired, disabled, latest_report_status);
`;
