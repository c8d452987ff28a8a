// Run as `deno run --no-prompt test/purity.ts`: with no permission at all. Imports every handler module, then serves a
// request at every route of the three apps. A test holds the list of imports against the folder.
import "reflect-metadata";
import "../handlers/client.ts";
import "../handlers/core/access/access.ts";
import "../handlers/core/access/address-group.ts";
import "../handlers/core/access/credentials.ts";
import "../handlers/core/access/digest.ts";
import "../handlers/core/access/explain.ts";
import "../handlers/core/access/grants.ts";
import "../handlers/core/access/login-throttle.ts";
import "../handlers/core/access/login.ts";
import "../handlers/core/access/password-rules.ts";
import "../handlers/core/access/permissions.ts";
import "../handlers/core/access/record-id.ts";
import "../handlers/core/access/sessions.ts";
import "../handlers/core/access/teams.ts";
import "../handlers/core/access/user-records.ts";
import "../handlers/core/access/users.ts";
import "../handlers/core/access/viewer.ts";
import "../handlers/core/access/viewers.ts";
import "../handlers/core/audit/anchors.ts";
import "../handlers/core/audit/append.ts";
import "../handlers/core/audit/audit-record.ts";
import "../handlers/core/audit/audit.ts";
import "../handlers/core/audit/check-chain.ts";
import "../handlers/core/audit/check-lines.ts";
import "../handlers/core/audit/details.ts";
import "../handlers/core/audit/prune.ts";
import "../handlers/core/audit/search.ts";
import "../handlers/core/audit/shown-record.ts";
import "../handlers/core/audit/tasks.ts";
import "../handlers/core/audit/verify.ts";
import "../handlers/core/bytes/collect.ts";
import "../handlers/core/ca/alt-name-templates.ts";
import "../handlers/core/ca/authorities.ts";
import "../handlers/core/ca/authority-facts.ts";
import "../handlers/core/ca/autosign.ts";
import "../handlers/core/ca/ca.ts";
import "../handlers/core/ca/certificates.ts";
import "../handlers/core/ca/check-chain.ts";
import "../handlers/core/ca/check-request.ts";
import "../handlers/core/ca/contended.ts";
import "../handlers/core/ca/crl.ts";
import "../handlers/core/ca/directory.ts";
import "../handlers/core/ca/external-crls.ts";
import "../handlers/core/ca/find.ts";
import "../handlers/core/ca/first-authority.ts";
import "../handlers/core/ca/import-puppet-ca.ts";
import "../handlers/core/ca/import-revocations.ts";
import "../handlers/core/ca/inventory.ts";
import "../handlers/core/ca/issue.ts";
import "../handlers/core/ca/ocsp.ts";
import "../handlers/core/ca/oids.ts";
import "../handlers/core/ca/policy.ts";
import "../handlers/core/ca/records.ts";
import "../handlers/core/ca/registered.ts";
import "../handlers/core/ca/renew.ts";
import "../handlers/core/ca/request.ts";
import "../handlers/core/ca/revocations.ts";
import "../handlers/core/ca/revoke.ts";
import "../handlers/core/ca/signing-keys.ts";
import "../handlers/core/ca/spaces.ts";
import "../handlers/core/ca/tasks.ts";
import "../handlers/core/ca/tokens.ts";
import "../handlers/core/ca/transfer.ts";
import "../handlers/core/ca/types.ts";
import "../handlers/core/collections.ts";
import "../handlers/core/commands/catalog-intake.ts";
import "../handlers/core/commands/catalog-schema.ts";
import "../handlers/core/commands/catalog.ts";
import "../handlers/core/commands/commands.ts";
import "../handlers/core/commands/hashing.ts";
import "../handlers/core/commands/parse-command.ts";
import "../handlers/core/commands/report-schema.ts";
import "../handlers/core/commands/report.ts";
import "../handlers/core/commands/small-schemas.ts";
import "../handlers/core/commands/whole-catalog.ts";
import "../handlers/core/commands/wire.ts";
import "../handlers/core/encryption/key-ring.ts";
import "../handlers/core/forward/forward-due.ts";
import "../handlers/core/gate.ts";
import "../handlers/core/json/exact-json.ts";
import "../handlers/core/json/members.ts";
import "../handlers/core/members.ts";
import "../handlers/core/node-groups/node-group.ts";
import "../handlers/core/node-groups/node-groups.ts";
import "../handlers/core/node-groups/rules.ts";
import "../handlers/core/node-groups/sight.ts";
import "../handlers/core/nodes/catalog-diff.ts";
import "../handlers/core/nodes/dead-letters.ts";
import "../handlers/core/nodes/exported-resources.ts";
import "../handlers/core/nodes/fact-filter.ts";
import "../handlers/core/nodes/fact-test.ts";
import "../handlers/core/nodes/fact-values.ts";
import "../handlers/core/nodes/list-nodes.ts";
import "../handlers/core/nodes/node-catalogs.ts";
import "../handlers/core/nodes/node-facts.ts";
import "../handlers/core/nodes/node-filter.ts";
import "../handlers/core/nodes/node-reports.ts";
import "../handlers/core/nodes/node-status.ts";
import "../handlers/core/nodes/node-summary.ts";
import "../handlers/core/nodes/nodes-deps.ts";
import "../handlers/core/nodes/nodes.ts";
import "../handlers/core/nodes/redact-row.ts";
import "../handlers/core/nodes/remove-node.ts";
import "../handlers/core/nodes/report-diff.ts";
import "../handlers/core/nodes/same-json.ts";
import "../handlers/core/nodes/scope.ts";
import "../handlers/core/nodes/shown-json.ts";
import "../handlers/core/periodic/run-due.ts";
import "../handlers/core/query/ast/condition.ts";
import "../handlers/core/query/ast/fields.ts";
import "../handlers/core/query/ast/membership.ts";
import "../handlers/core/query/ast/order.ts";
import "../handlers/core/query/ast/plan.ts";
import "../handlers/core/query/ast/projection.ts";
import "../handlers/core/query/ast/special.ts";
import "../handlers/core/query/ast/terms.ts";
import "../handlers/core/query/ast/values.ts";
import "../handlers/core/query/entities.ts";
import "../handlers/core/query/keyset.ts";
import "../handlers/core/query/plan.ts";
import "../handlers/core/query/validate-plan.ts";
import "../handlers/core/redaction/aho-corasick.ts";
import "../handlers/core/redaction/base64.ts";
import "../handlers/core/redaction/check-secret.ts";
import "../handlers/core/redaction/forms.ts";
import "../handlers/core/redaction/gram-filter.ts";
import "../handlers/core/redaction/hide-looks.ts";
import "../handlers/core/redaction/hide-marked.ts";
import "../handlers/core/redaction/lru.ts";
import "../handlers/core/redaction/marks.ts";
import "../handlers/core/redaction/own-words.ts";
import "../handlers/core/redaction/puppet-marks.ts";
import "../handlers/core/redaction/redact-place.ts";
import "../handlers/core/redaction/redact.ts";
import "../handlers/core/redaction/redactor.ts";
import "../handlers/core/redaction/secret-places.ts";
import "../handlers/core/redaction/secret-registry.ts";
import "../handlers/core/redaction/secret-rules.ts";
import "../handlers/core/redaction/shapes.ts";
import "../handlers/core/redaction/trie.ts";
import "../handlers/core/redaction/unredacted.ts";
import "../handlers/core/x509/alt-names.ts";
import "../handlers/core/x509/certificate.ts";
import "../handlers/core/x509/crl.ts";
import "../handlers/core/x509/der.ts";
import "../handlers/core/x509/extensions.ts";
import "../handlers/core/x509/fingerprints.ts";
import "../handlers/core/x509/name.ts";
import "../handlers/core/x509/ocsp.ts";
import "../handlers/core/x509/pem.ts";
import "../handlers/core/x509/private-key.ts";
import "../handlers/core/x509/public-key.ts";
import "../handlers/core/x509/sign-der.ts";
import "../handlers/core/x509/verify-signature.ts";
import "../handlers/core/x509/write-certificate.ts";
import "../handlers/core/x509/write-crl.ts";
import "../handlers/core/x509/write-der.ts";
import "../handlers/errors.ts";
import "../handlers/http/access-log.ts";
import "../handlers/http/audited.ts";
import "../handlers/http/body-limit.ts";
import "../handlers/http/cursor.ts";
import "../handlers/http/env.ts";
import "../handlers/http/etag.ts";
import "../handlers/http/given-credential.ts";
import "../handlers/http/health.ts";
import "../handlers/http/idempotent.ts";
import "../handlers/http/kept-answers.ts";
import "../handlers/http/paging.ts";
import "../handlers/http/problem.ts";
import "../handlers/http/read-body.ts";
import "../handlers/http/request-id.ts";
import "../handlers/http/requires.ts";
import "../handlers/http/route-facts.ts";
import "../handlers/http/same-origin.ts";
import "../handlers/http/security-headers.ts";
import "../handlers/http/session-cookie.ts";
import "../handlers/http/session.ts";
import "../handlers/http/validate.ts";
import "../handlers/interfaces/audit.ts";
import "../handlers/interfaces/changes.ts";
import "../handlers/interfaces/clock.ts";
import "../handlers/interfaces/command.ts";
import "../handlers/interfaces/documents.ts";
import "../handlers/interfaces/estate.ts";
import "../handlers/interfaces/ids.ts";
import "../handlers/interfaces/log.ts";
import "../handlers/interfaces/passwords.ts";
import "../handlers/interfaces/peer.ts";
import "../handlers/interfaces/queue.ts";
import "../handlers/interfaces/redactor.ts";
import "../handlers/interfaces/sealed.ts";
import "../handlers/interfaces/signer.ts";
import "../handlers/interfaces/store.ts";
import "../handlers/interfaces/upstream.ts";
import "../handlers/interfaces/vault.ts";
import "../handlers/management.ts";
import "../handlers/management/access.ts";
import "../handlers/management/audit.ts";
import "../handlers/management/authenticate.ts";
import "../handlers/management/ca.ts";
import "../handlers/management/ca/answers.ts";
import "../handlers/management/ca/authorities.ts";
import "../handlers/management/ca/certificate.ts";
import "../handlers/management/ca/certificates.ts";
import "../handlers/management/ca/page-of.ts";
import "../handlers/management/ca/shapes.ts";
import "../handlers/management/ca/spaces.ts";
import "../handlers/management/ca/tokens.ts";
import "../handlers/management/credentials.ts";
import "../handlers/management/dead-letters.ts";
import "../handlers/management/docs-style.ts";
import "../handlers/management/docs.ts";
import "../handlers/management/each-of.ts";
import "../handlers/management/exported-resources.ts";
import "../handlers/management/fact-values.ts";
import "../handlers/management/json-schema.ts";
import "../handlers/management/list-documents.ts";
import "../handlers/management/members.ts";
import "../handlers/management/node-answers.ts";
import "../handlers/management/node-catalogs.ts";
import "../handlers/management/node-changes.ts";
import "../handlers/management/node-diffs.ts";
import "../handlers/management/node-facts.ts";
import "../handlers/management/node-groups-of.ts";
import "../handlers/management/node-reports.ts";
import "../handlers/management/nodes-groups.ts";
import "../handlers/management/nodes-secrets-redactor.ts";
import "../handlers/management/nodes.ts";
import "../handlers/management/openapi.ts";
import "../handlers/management/permissions.ts";
import "../handlers/management/secret-rules.ts";
import "../handlers/management/self.ts";
import "../handlers/management/teams.ts";
import "../handlers/management/tick.ts";
import "../handlers/management/type-text.ts";
import "../handlers/management/unredacted.ts";
import "../handlers/management/user-sessions.ts";
import "../handlers/management/users.ts";
import "../handlers/puppet-ca/access.ts";
import "../handlers/puppet-ca/bulk.ts";
import "../handlers/puppet-ca/expirations.ts";
import "../handlers/puppet-ca/ocsp.ts";
import "../handlers/puppet-ca/open-paths.ts";
import "../handlers/puppet-ca/puppet-ca.ts";
import "../handlers/puppet-ca/requests.ts";
import "../handlers/puppet-ca/status-json.ts";
import "../handlers/puppet-ca/statuses.ts";
import "../handlers/puppet-ca/text.ts";
import "../handlers/puppet.ts";
import "../handlers/puppet/access.ts";
import "../handlers/puppet/headers.ts";
import "../handlers/puppet/inject-facts.ts";
import "../handlers/puppet/limited-body.ts";
import "../handlers/puppet/passed-catalog.ts";
import "../handlers/puppet/render-error.ts";
import "../handlers/puppet/target.ts";
import "../handlers/puppetdb.ts";
import "../handlers/puppetdb/access.ts";
import "../handlers/puppetdb/command-request.ts";
import "../handlers/puppetdb/commands.ts";
import "../handlers/puppetdb/elsewhere.ts";
import "../handlers/puppetdb/errors.ts";
import "../handlers/puppetdb/meta.ts";
import "../handlers/puppetdb/negotiate.ts";
import "../handlers/puppetdb/parameters.ts";
import "../handlers/puppetdb/queries.ts";
import "../handlers/puppetdb/query-routes.ts";
import "../handlers/puppetdb/received.ts";
import "../handlers/puppetdb/redacted-plan.ts";
import "../handlers/puppetdb/replay.ts";
import "../handlers/puppetdb/rows.ts";
import "../handlers/ui/account-page.ts";
import "../handlers/ui/assets.ts";
import "../handlers/ui/badges.ts";
import "../handlers/ui/catalog-page.ts";
import "../handlers/ui/dead-letters-page.ts";
import "../handlers/ui/error-page.ts";
import "../handlers/ui/events.ts";
import "../handlers/ui/facts-page.ts";
import "../handlers/ui/forms.ts";
import "../handlers/ui/frame.ts";
import "../handlers/ui/html.ts";
import "../handlers/ui/icons.ts";
import "../handlers/ui/links.ts";
import "../handlers/ui/login-page.ts";
import "../handlers/ui/metrics.ts";
import "../handlers/ui/node-header.ts";
import "../handlers/ui/node-page.ts";
import "../handlers/ui/nodes-page.ts";
import "../handlers/ui/page-deps.ts";
import "../handlers/ui/page-query.ts";
import "../handlers/ui/pager.ts";
import "../handlers/ui/report-page.ts";
import "../handlers/ui/reports-page.ts";
import "../handlers/ui/resources.ts";
import "../handlers/ui/secrets-page.ts";
import "../handlers/ui/style-content.ts";
import "../handlers/ui/style-controls.ts";
import "../handlers/ui/style.ts";
import "../handlers/ui/times.ts";
import "../handlers/ui/ui.ts";
import "../handlers/ui/values.ts";
import { createAccess } from "../handlers/core/access/access.ts";
import { createCa } from "../handlers/core/ca/ca.ts";
import { makeFirstAuthority } from "../handlers/core/ca/first-authority.ts";
import { defaultPolicy } from "../handlers/core/ca/policy.ts";
import { createSigningKeys } from "../handlers/core/ca/signing-keys.ts";
import { parseCommand } from "../handlers/core/commands/parse-command.ts";
import { createGate } from "../handlers/core/gate.ts";
import { createAudit } from "../handlers/core/audit/audit.ts";
import { createMembers } from "../handlers/core/members.ts";
import { createNodeGroups } from "../handlers/core/node-groups/node-groups.ts";
import { createRemoveNode } from "../handlers/core/nodes/remove-node.ts";
import { createNodes } from "../handlers/core/nodes/nodes.ts";
import { createSecretRegistry } from "../handlers/core/redaction/secret-registry.ts";
import { managementApp } from "../handlers/management.ts";
import { puppetApp } from "../handlers/puppet.ts";
import { puppetdbApp } from "../handlers/puppetdb.ts";
import { ui } from "../handlers/ui/ui.ts";
import { createTestClock } from "./support/clock.ts";
import { createMemoryDocuments } from "./support/documents.ts";
import { emptyEstate as estate, emptyQueue as queue } from "./support/empty-store.ts";
import { createTestIds } from "./support/ids.ts";
import { createRecordingLog } from "./support/log.ts";
import { createTestVault } from "./support/vault.ts";

const clock = createTestClock();
const ids = createTestIds();
const log = createRecordingLog();
const { documents, changes } = createMemoryDocuments(clock);
const passwords = {
  hash: (text: string) => Promise.resolve(text),
  verify: (a: string, b: string) => Promise.resolve(a === b),
};
const access = createAccess({ documents, changes, passwords, ids, clock, log });
await access.users.createAdmin("a password for this run");
const vault = await createTestVault();
const secrets = createSecretRegistry({
  documents,
  vault,
  changes,
  clock,
  ids,
  log,
  isName: () => Promise.resolve(false),
});
const redactor = () => secrets.redactor();
const ca = createCa({
  documents,
  changes,
  keys: createSigningKeys({ documents, changes, vault }),
  clock,
  ids,
  log,
  policy: defaultPolicy,
  crlValidity: 86_400_000,
  requestTtl: 0,
  urls: { crl: undefined, ocsp: undefined },
  isNode: () => Promise.resolve(false),
  approvers: [],
  reserved: () => false,
  inUse: () => false,
});
await makeFirstAuthority(ca, { host: "ca.example.test", mark: "1", keys: "p-256" });
const common = { clock, ids, log, ready: () => Promise.resolve(), started: () => true };
const publicUrl = "http://127.0.0.1:8000";
const replay = () => Promise.resolve(false);
const nodes = createNodes({ estate, redactor, clock });
const removeNode = createRemoveNode({ estate, queue });
const audit = createAudit({ documents, vault, clock, ids, log, redactor });

const apps = {
  management: managementApp({
    ...common,
    access,
    secrets,
    documents,
    estate,
    changes,
    nodes,
    queue,
    vault,
    audit,
    groups: createNodeGroups({ documents, estate, clock }),
    members: createMembers({ documents, clock }),
    removeNode,
    replay,
    ca,
    publicUrl,
    version: "0",
    tick: { secret: undefined, runDue: () => Promise.resolve([]) },
    ui: ui({
      nodes,
      removeNode,
      access,
      queue,
      replay,
      secrets,
      documents,
      clock,
      publicUrl,
    }),
  }),
  puppet: puppetApp({
    ...common,
    ca: { ca, adminCns: ["web01.example.test"], log },
    upstream: undefined,
    gate: createGate({ concurrency: 1, queue: 1, maxWaitMs: 1000, random: () => 0 }),
    catalogs: { keep: () => {} },
    trustedCns: [],
    limits: { body: 1000, catalog: 1000, catalogsTotal: 1000 },
  }),
  puppetdb: puppetdbApp({
    ...common,
    estate,
    queue,
    parse: parseCommand,
    redactor,
    upstream: undefined,
    access: { allow: undefined, allowQueries: [], plain: false },
    limits: { body: 1000, payload: 1000 },
  }),
};

const peer = { kind: "verified", certname: "web01.example.test", serial: "1", issuer: "CN=Test", pem: "" } as const;
const env = { remoteAddress: "127.0.0.1", secure: false, peer };
const login = await apps.management.request("/api/v1/authenticate", {
  method: "POST",
  headers: { "Content-Type": "application/json", Origin: publicUrl },
  body: JSON.stringify({ user: "admin", password: "a password for this run" }),
}, env);
const cookie = login.headers.get("Set-Cookie")?.split(";")[0] ?? "";

let served = 0;
for (const [name, app] of Object.entries(apps)) {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" || !path.includes("*"));
  const paths = name === "puppet" ? [{ method: "GET", path: "/puppet/v3/node/web01.example.test" }, ...routes] : routes;
  for (const { method, path } of paths) {
    const url = path.replaceAll(/:[^/{]+(\{[^}]*\})?\??/g, "web01.example.test");
    const response = await app.request(url, {
      method: method === "ALL" ? "GET" : method,
      headers: { Cookie: cookie, Origin: publicUrl, "Content-Type": "application/json" },
      ...(["POST", "PUT", "PATCH"].includes(method) ? { body: "{}" } : {}),
    }, env);
    await response.arrayBuffer();
    const expected = name === "puppet" && response.status === 502 || response.status === 503;
    if (response.status >= 500 && !expected) {
      throw new Error(`${name}: ${method} ${url} answered ${response.status}\n${log.text()}`);
    }
    served++;
  }
}
if (served < 40) throw new Error(`Only ${served} routes were served`);
console.log(`All modules imported and ${served} routes served without any permission`);
