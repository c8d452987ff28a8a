/** Migration 1: the tables of a new store. What nodes sent stays JSON text, so that numbers come out as they went in. */
export const initial = `
CREATE TABLE versions (topic TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE documents (
  collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, expires INTEGER,
  PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE INDEX documents_expires ON documents (collection, expires) WHERE expires IS NOT NULL;

CREATE TABLE nodes (
  certname TEXT PRIMARY KEY,
  deactivated TEXT, expired TEXT, expires_facts INTEGER,
  last_producer_timestamp TEXT NOT NULL,
  facts_timestamp TEXT, facts_environment TEXT,
  catalog_timestamp TEXT, catalog_environment TEXT,
  report_timestamp TEXT, report_environment TEXT, report_producer_timestamp TEXT,
  latest_report_hash TEXT, latest_report_status TEXT, latest_report_noop INTEGER, latest_report_noop_pending INTEGER,
  latest_report_corrective_change INTEGER, latest_report_job_id TEXT, cached_catalog_status TEXT
) WITHOUT ROWID;
CREATE INDEX nodes_status ON nodes (latest_report_status, certname);
CREATE INDEX nodes_environment ON nodes (report_environment, certname);
CREATE INDEX nodes_report ON nodes (report_timestamp, certname);
CREATE INDEX nodes_last ON nodes (last_producer_timestamp);

CREATE TABLE factsets (
  certname TEXT PRIMARY KEY, environment TEXT, timestamp TEXT NOT NULL, producer_timestamp TEXT NOT NULL, producer TEXT,
  hash TEXT NOT NULL, facts TEXT NOT NULL, package_inventory TEXT
);

CREATE TABLE contents (hash TEXT PRIMARY KEY, resources BLOB NOT NULL, edges BLOB NOT NULL);
CREATE TABLE catalogs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, certname TEXT NOT NULL, current INTEGER NOT NULL, version TEXT NOT NULL,
  environment TEXT, hash TEXT NOT NULL, transaction_uuid TEXT, catalog_uuid TEXT, code_id TEXT, job_id TEXT,
  producer_timestamp TEXT NOT NULL, timestamp TEXT NOT NULL, producer TEXT,
  num_resources INTEGER NOT NULL, num_resources_exported INTEGER NOT NULL
);
CREATE INDEX catalogs_node ON catalogs (certname, producer_timestamp, id);
CREATE UNIQUE INDEX catalogs_current ON catalogs (certname) WHERE current = 1;
CREATE INDEX catalogs_hash ON catalogs (hash);
CREATE INDEX catalogs_uuid ON catalogs (catalog_uuid);
CREATE INDEX catalogs_time ON catalogs (producer_timestamp);

CREATE TABLE resources (
  certname TEXT NOT NULL, type TEXT NOT NULL, title TEXT NOT NULL, resource TEXT NOT NULL, exported INTEGER NOT NULL,
  file TEXT, line INTEGER, tags TEXT NOT NULL, parameters TEXT NOT NULL,
  PRIMARY KEY (certname, type, title)
) WITHOUT ROWID;
CREATE INDEX resources_type ON resources (type, title);
CREATE INDEX resources_exported ON resources (type, title) WHERE exported = 1;

CREATE TABLE whole_contents (hash TEXT PRIMARY KEY, body BLOB NOT NULL, marks BLOB NOT NULL);
CREATE TABLE whole_catalogs (
  certname TEXT NOT NULL, catalog_uuid TEXT NOT NULL, hash TEXT NOT NULL, received_at TEXT NOT NULL,
  PRIMARY KEY (certname, catalog_uuid)
) WITHOUT ROWID;
CREATE INDEX whole_catalogs_hash ON whole_catalogs (hash);
CREATE INDEX whole_catalogs_time ON whole_catalogs (received_at);

CREATE TABLE reports (
  hash TEXT PRIMARY KEY, certname TEXT NOT NULL, environment TEXT, status TEXT, type TEXT NOT NULL,
  puppet_version TEXT NOT NULL, report_format INTEGER NOT NULL, configuration_version TEXT NOT NULL,
  start_time TEXT NOT NULL, end_time TEXT NOT NULL, producer_timestamp TEXT NOT NULL, receive_time TEXT NOT NULL,
  producer TEXT, transaction_uuid TEXT, catalog_uuid TEXT, code_id TEXT, job_id TEXT, cached_catalog_status TEXT,
  noop INTEGER, noop_pending INTEGER, corrective_change INTEGER,
  metrics BLOB, logs BLOB, resources BLOB
);
CREATE INDEX reports_node ON reports (certname, producer_timestamp);
CREATE INDEX reports_time ON reports (producer_timestamp);
CREATE INDEX reports_unchanged ON reports (producer_timestamp) WHERE status = 'unchanged' AND logs IS NOT NULL;
CREATE INDEX reports_status ON reports (status, producer_timestamp);

CREATE TABLE catalog_inputs (
  certname TEXT PRIMARY KEY, producer_timestamp TEXT NOT NULL, catalog_uuid TEXT NOT NULL, inputs TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE queue (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, certname TEXT NOT NULL, command TEXT NOT NULL,
  version INTEGER NOT NULL, producer_timestamp TEXT, received_at TEXT NOT NULL, payload BLOB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX queue_node ON queue (certname, seq);

CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY, seq INTEGER, certname TEXT NOT NULL, command TEXT NOT NULL, version INTEGER NOT NULL,
  producer_timestamp TEXT, received_at TEXT NOT NULL, payload BLOB NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL,
  size INTEGER NOT NULL, buried_at TEXT NOT NULL
);
CREATE INDEX dead_letters_time ON dead_letters (received_at);
CREATE INDEX dead_letters_node ON dead_letters (certname, received_at);
`;
