import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createAccess } from "../handlers/core/access/access.ts";
import { createAudit } from "../handlers/core/audit/audit.ts";
import { auditTask } from "../handlers/core/audit/tasks.ts";
import { createCatalogIntake } from "../handlers/core/commands/catalog-intake.ts";
import { createKeyRing } from "../handlers/core/encryption/key-ring.ts";
import { createGate } from "../handlers/core/gate.ts";
import { createMembers } from "../handlers/core/members.ts";
import { createNodeGroups } from "../handlers/core/node-groups/node-groups.ts";
import { createNodes } from "../handlers/core/nodes/nodes.ts";
import { createRemoveNode } from "../handlers/core/nodes/remove-node.ts";
import { runDue } from "../handlers/core/periodic/run-due.ts";
import { createSecretRegistry } from "../handlers/core/redaction/secret-registry.ts";
import type { Estate } from "../handlers/interfaces/estate.ts";
import type { Log } from "../handlers/interfaces/log.ts";
import { managementApp } from "../handlers/management.ts";
import { puppetApp } from "../handlers/puppet.ts";
import { puppetdbApp } from "../handlers/puppetdb.ts";
import { replayDeadLetter } from "../handlers/puppetdb/replay.ts";
import { errorPage } from "../handlers/ui/error-page.ts";
import { ui } from "../handlers/ui/ui.ts";
import type { Config } from "./config.ts";
import type { DataDir } from "./data-dir.ts";
import { openStore } from "./open-store.ts";
import { startParser } from "./parser/parser.ts";
import { createPasswords } from "./passwords.ts";
import { socketGate } from "./ports/gated-socket.ts";
import { systemClock as clock, systemIds as ids } from "./system.ts";
import { tasksOf } from "./tasks.ts";
import type { Tls } from "./tls/open-tls.ts";
import { openTrust } from "./open-trust.ts";
import { createUpstream } from "./upstream/create-upstream.ts";
import { version } from "./version.ts";

const megabyte = 1024 * 1024;

export type Product = Awaited<ReturnType<typeof compose>>;

/**
 * Puts the product together: the only place where handlers meet what they are given. Nothing listens yet. Throws what is
 * wrong with the store, the key or the certificates.
 */
export const compose = async (config: Config, dataDir: DataDir, log: Log) => {
  const vault = await createKeyRing(dataDir.secretKeys(config.SECRET_KEY));
  const store = await openStore(config, vault, clock, log);
  const { estate, documents, queue, changes } = store;
  const { ca, tls } = await openTrust(config, dataDir, { store, vault, clock, ids, log }).catch(async (error) => {
    await store.close();
    throw error;
  });
  const parser = startParser(log);
  const secrets = createSecretRegistry({
    documents,
    vault,
    changes,
    clock,
    ids,
    log,
    isName: isNameIn(estate),
    apply: estate.hide,
  });
  await secrets.refresh();
  const access = createAccess({
    documents,
    changes,
    passwords: createPasswords(),
    ids,
    clock,
    log,
    onFirstPasswordChange: () => dataDir.removeAdminPassword(),
  });

  const upstreamTls = upstreamMaterial(config, tls);
  const upstreamTo = (urls: readonly string[] | undefined, idleTimeoutMs: number) =>
    urls && createUpstream({ urls, tls: upstreamTls, gate: socketGate, idleTimeoutMs, clock, log });
  const puppetdbUrls = config.PUPPETDB_URL === undefined ? undefined : [config.PUPPETDB_URL];
  const puppetserver = upstreamTo(config.PUPPETSERVER_URL, config.PUPPETSERVER_TIMEOUT);
  const puppetdb = upstreamTo(puppetdbUrls, 300_000);
  // a command that hangs must end before the lease of its task does
  const forwardTo = upstreamTo(puppetdbUrls, 30_000);

  const redactor = () => secrets.redactor();
  const audit = createAudit({ documents, vault, clock, ids, log, redactor });
  const nodes = createNodes({ estate, redactor, clock });
  const removeNode = createRemoveNode({ estate, queue, ...(ca ? { ca } : {}) });

  const tasks = [
    ...tasksOf({ config, estate, queue, forwardTo, clock, log }),
    auditTask({ audit, ttl: config.AUDIT_TTL, log }),
    ...ca?.tasks ?? [],
  ];
  const holder = `${hostname()} ${ids.uuid()}`;
  const tick = (signal: AbortSignal) => runDue({ tasks, documents, clock, log, holder, signal });

  const members = createMembers({ documents, clock });
  let isStarted = false;
  const common = { clock, ids, log, ready: store.ping, started: () => isStarted };
  const replay = replayDeadLetter({ queue, estate, parse: parser.parse, clock });
  const intake = createCatalogIntake({ read: parser.readCatalog, estate, log, limit: 256 * megabyte });

  return {
    store,
    access,
    members,
    tick,
    puppetserver,
    tls,
    /** Undefined where the Puppetserver is the CA (HOPPETDB_CA=proxy). */
    ca,
    started: () => isStarted = true,
    apps: {
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
        members,
        removeNode,
        replay,
        ...(ca ? { ca } : {}),
        publicUrl: config.PUBLIC_URL,
        version,
        bodyLimit: config.MANAGEMENT_BODY_LIMIT,
        tick: { secret: config.TICK_SECRET, runDue: tick },
        ui: ui({
          nodes,
          removeNode,
          access,
          queue,
          replay,
          secrets,
          documents,
          clock,
          publicUrl: config.PUBLIC_URL,
        }),
        errorPage,
      }),
      puppet: puppetApp({
        ...common,
        ...(ca ? { ca: { ca, adminCns: config.CA_ADMIN_CNS, audit, log } } : {}),
        upstream: puppetserver,
        gate: createGate({
          concurrency: config.PUPPETSERVER_CONCURRENCY * (config.PUPPETSERVER_URL?.length ?? 1),
          queue: 1000,
          maxWaitMs: 120_000,
          random: Math.random,
        }),
        catalogs: intake,
        inject: { settings: estate.nodeSettings, fact: config.INJECTED_FACT },
        trustedCns: config.TRUSTED_CNS,
        limits: { body: config.PUPPET_BODY_LIMIT, catalog: 64 * megabyte, catalogsTotal: 256 * megabyte },
      }),
      puppetdb: puppetdbApp({
        ...common,
        estate,
        queue,
        parse: parser.parse,
        redactor,
        upstream: puppetdb,
        access: {
          allow: config.PUPPETDB_ALLOW,
          allowQueries: config.PUPPETDB_ALLOW_QUERIES,
          plain: !config.PUPPETDB_TLS && config.INGRESS_SECRET === undefined,
        },
        limits: { body: config.PUPPETDB_BODY_LIMIT, payload: config.PUPPETDB_PAYLOAD_LIMIT },
      }),
    },
    /** What was taken is stored before the store closes. */
    close: async () => {
      await intake.settled();
      tls.close();
      ca?.close();
      secrets.close();
      await parser.close();
      await store.close();
      for (const upstream of [puppetserver, puppetdb, forwardTo]) upstream?.close();
    },
  };
};

/** Whether a text is the name of a node or an environment: those are never redacted, so they can't be secrets. */
const isNameIn = (estate: Estate) => async (value: string): Promise<boolean> => {
  const fields = ["certname", "catalog_environment", "facts_environment", "report_environment"];
  const of = fields.map((field) => ({ op: "=", left: { field }, right: value }) as const);
  return await estate.count({ entity: "nodes", select: [], where: { op: "or", of } }) > 0;
};

const upstreamMaterial = (config: Config, tls: Tls) => {
  const own = config.UPSTREAM_CERT !== undefined || config.UPSTREAM_CA !== undefined;
  if (!own) return () => tls.material();
  const read = (file: string | undefined) => file === undefined ? undefined : readFileSync(file, "utf8");
  return () => {
    const { cert, key, ca } = tls.material();
    return {
      cert: read(config.UPSTREAM_CERT) ?? cert,
      key: read(config.UPSTREAM_KEY) ?? key,
      ca: read(config.UPSTREAM_CA) ?? ca,
    };
  };
};
