/**
 * Migration 1: the tables of a new store. Times are milliseconds since 1970. A node's rows name it by its number.
 *
 * The physical form, with figures of the recorded catalogs (60 resources, 33 kB) and facts (6 kB):
 * - Facts: one JSONB document a node. It keeps the text of numbers, and a path is looked for in 10,000 documents in 19 ms,
 *   in JSON text in 89 ms. A row for each fact would answer faster, but takes ten times as long to be written.
 * - Resources: what says the same in many catalogs is one row of `resource_contents` (type, title, parameters, tags, file,
 *   line); a node's catalog is a list of pairs of numbers. A question by type and title meets each content once, however
 *   many nodes have it. One more node with the same code costs 20 bytes a resource, where rows with parameters cost 500;
 *   where nothing is shared it is as much as these.
 * - What is only ever shown whole (a catalog of the history, a report's logs, metrics and resources) is deflated JSON text
 *   in a table of its own, so that lists never read it: 86 bytes a resource.
 * Altogether a node's day of 48 runs, five of them with another catalog, comes to 100 kB.
 */
export const initial = `
CREATE TABLE versions (topic TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE nodes (
  id INTEGER PRIMARY KEY, certname TEXT NOT NULL UNIQUE, deactivated INTEGER, expired INTEGER,
  expires_facts INTEGER NOT NULL DEFAULT 1, expires_facts_updated INTEGER, last_seen INTEGER,
  facts_timestamp INTEGER, facts_environment TEXT, catalog_timestamp INTEGER, catalog_environment TEXT,
  latest_report INTEGER, latest_report_sent INTEGER, report_timestamp INTEGER, report_environment TEXT,
  latest_report_hash TEXT, latest_report_status TEXT, latest_report_noop INTEGER, latest_report_noop_pending INTEGER,
  latest_report_corrective_change INTEGER, latest_report_job_id TEXT, cached_catalog_status TEXT
);
CREATE INDEX nodes_status ON nodes (latest_report_status, certname);
CREATE INDEX nodes_report ON nodes (report_timestamp, certname);
CREATE INDEX nodes_catalog ON nodes (catalog_timestamp, certname);
CREATE INDEX nodes_facts ON nodes (facts_timestamp, certname);
CREATE INDEX nodes_seen ON nodes (last_seen) WHERE deactivated IS NULL AND expired IS NULL;
CREATE INDEX nodes_deactivated ON nodes (deactivated) WHERE deactivated IS NOT NULL;
CREATE INDEX nodes_expired ON nodes (expired) WHERE expired IS NOT NULL;

CREATE TABLE factsets (
  node INTEGER PRIMARY KEY REFERENCES nodes ON DELETE CASCADE, producer_timestamp INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, hash TEXT NOT NULL, environment TEXT, producer TEXT
);
CREATE TABLE fact_values (
  node INTEGER PRIMARY KEY REFERENCES nodes ON DELETE CASCADE, facts BLOB NOT NULL, package_inventory BLOB
);

CREATE TABLE catalogs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE,
  current INTEGER NOT NULL, producer_timestamp INTEGER NOT NULL, timestamp INTEGER NOT NULL, hash TEXT NOT NULL,
  version TEXT NOT NULL, environment TEXT, producer TEXT, transaction_uuid TEXT, catalog_uuid TEXT, code_id TEXT,
  job_id TEXT, num_resources INTEGER NOT NULL, num_resources_exported INTEGER NOT NULL
);
CREATE INDEX catalogs_node ON catalogs (node, producer_timestamp, id);
CREATE UNIQUE INDEX catalogs_current ON catalogs (node) WHERE current = 1;
CREATE INDEX catalogs_hash ON catalogs (hash);
CREATE INDEX catalogs_uuid ON catalogs (catalog_uuid) WHERE catalog_uuid IS NOT NULL;
CREATE INDEX catalogs_old ON catalogs (producer_timestamp) WHERE current = 0;
CREATE TABLE catalog_contents (hash TEXT PRIMARY KEY, resources BLOB NOT NULL, edges BLOB NOT NULL);

CREATE TABLE resource_contents (
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, type TEXT NOT NULL, title TEXT NOT NULL,
  exported INTEGER NOT NULL, resource TEXT NOT NULL, file TEXT, line INTEGER, tags TEXT NOT NULL,
  parameters BLOB NOT NULL
);
CREATE INDEX resource_contents_type ON resource_contents (type, title);
CREATE INDEX resource_contents_exported ON resource_contents (type, title) WHERE exported = 1;
CREATE TABLE resource_tags (tag TEXT NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (tag, content)) WITHOUT ROWID;
CREATE TABLE resources (
  node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE, content INTEGER NOT NULL REFERENCES resource_contents,
  PRIMARY KEY (node, content)
) WITHOUT ROWID;
CREATE INDEX resources_content ON resources (content);

CREATE TABLE catalog_inputs (
  node INTEGER PRIMARY KEY REFERENCES nodes ON DELETE CASCADE, producer_timestamp INTEGER NOT NULL,
  catalog_uuid TEXT NOT NULL, inputs TEXT NOT NULL
);

CREATE TABLE reports (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE,
  producer_timestamp INTEGER NOT NULL, receive_time INTEGER NOT NULL, start_time INTEGER NOT NULL,
  end_time INTEGER NOT NULL, status TEXT, type TEXT NOT NULL, environment TEXT, noop INTEGER, noop_pending INTEGER,
  corrective_change INTEGER, puppet_version TEXT NOT NULL, report_format INTEGER NOT NULL,
  configuration_version TEXT NOT NULL, producer TEXT, transaction_uuid TEXT, catalog_uuid TEXT, code_id TEXT,
  job_id TEXT, cached_catalog_status TEXT, whole INTEGER NOT NULL
);
CREATE INDEX reports_node ON reports (node, producer_timestamp);
CREATE INDEX reports_time ON reports (producer_timestamp);
CREATE INDEX reports_received ON reports (receive_time);
CREATE INDEX reports_status ON reports (status, producer_timestamp);
CREATE INDEX reports_unchanged ON reports (producer_timestamp) WHERE status = 'unchanged' AND whole = 1;
CREATE TABLE report_contents (
  report INTEGER PRIMARY KEY REFERENCES reports ON DELETE CASCADE, metrics BLOB NOT NULL, logs BLOB NOT NULL,
  resources BLOB NOT NULL
);

CREATE TABLE whole_contents (hash TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE whole_catalogs (
  certname TEXT NOT NULL, catalog_uuid TEXT NOT NULL, received_at INTEGER NOT NULL,
  hash TEXT NOT NULL REFERENCES whole_contents, PRIMARY KEY (certname, catalog_uuid)
) WITHOUT ROWID;
CREATE INDEX whole_catalogs_newest ON whole_catalogs (certname, received_at);
CREATE INDEX whole_catalogs_hash ON whole_catalogs (hash);
CREATE TABLE marks (
  certname TEXT PRIMARY KEY, version INTEGER NOT NULL, seen_at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX marks_seen ON marks (seen_at);

CREATE TABLE commands (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, certname TEXT NOT NULL, command TEXT NOT NULL,
  version INTEGER NOT NULL, producer_timestamp TEXT, received_at INTEGER NOT NULL, size INTEGER NOT NULL,
  attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, head INTEGER NOT NULL, stage TEXT, reason TEXT
);
CREATE UNIQUE INDEX commands_queued ON commands (id) WHERE stage IS NULL;
CREATE UNIQUE INDEX commands_letter ON commands (id) WHERE stage IS NOT NULL;
CREATE INDEX commands_line ON commands (certname, seq) WHERE stage IS NULL;
CREATE INDEX commands_head ON commands (seq, next_at) WHERE head = 1;
CREATE INDEX commands_dead ON commands (received_at) WHERE stage IS NOT NULL;
CREATE INDEX commands_dead_node ON commands (certname, received_at) WHERE stage IS NOT NULL;
CREATE TABLE command_payloads (
  seq INTEGER PRIMARY KEY REFERENCES commands ON DELETE CASCADE, payload BLOB NOT NULL
);
`;
