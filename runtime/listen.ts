import { hostname } from "node:os";
import { join } from "node:path";
import type { Log } from "../handlers/interfaces/log.ts";
import type { Product } from "./compose.ts";
import type { Config } from "./config.ts";
import type { DataDir } from "./data-dir.ts";
import { listenPort, type Port } from "./ports/listen-port.ts";
import { systemClock } from "./system.ts";
import { fetchCrl } from "./tls/fetch-crl.ts";
import { openTls, type Tls } from "./tls/open-tls.ts";
import { selfSigned } from "./tls/self-signed.ts";

/** The listeners' certificate: the one that is configured, else one of our own making. */
export const openOwnTls = async (config: Config, dataDir: DataDir, log: Log): Promise<Tls> => {
  const { TLS_CERT: cert, TLS_KEY: key, TLS_CA: ca, TLS_CRL: crl } = config;
  const files = cert !== undefined && key !== undefined
    ? { cert, key, ca, crl }
    : { ...await selfSigned(dataDir.path, [hostname()], systemClock.now()), ca, crl };
  return openTls({ files, clock: systemClock, log });
};

/** Opens the ports that HOPPETDB_PARTS names. Either all are open in the end, or none. */
export const listen = async (config: Config, product: Product, tls: Tls, dataDir: DataDir, log: Log) => {
  const ports: Port[] = [];
  const endings: (() => void)[] = [];
  // without a CA nobody can prove a name: every client is told what to set, with a certificate or without
  const believing = config.TLS_CA !== undefined;
  const nobody = { kind: "anonymous", reason: "no authority configured" } as const;
  const identify = (certificate: Uint8Array) => tls.trust.identify(certificate);
  const ingress = config.INGRESS_SECRET === undefined
    ? undefined
    : { secret: config.INGRESS_SECRET, from: [...config.INGRESS_CIDR ?? [], "unix"] };

  const open = async (name: "MANAGEMENT" | "PUPPET" | "PUPPETDB", app: Product["apps"][keyof Product["apps"]]) => {
    if (!config.PARTS.includes(name.toLowerCase() as never)) return;
    const port = await listenPort({
      listen: config[`${name}_LISTEN`],
      ...(config[`${name}_TLS`] ? { tls: tls.material() } : {}),
      ...(name === "MANAGEMENT"
        ? { trustedProxies: config.TRUSTED_PROXIES }
        : { identify, ...(ingress ? { ingress } : {}) }),
      fetch: (request, bindings) =>
        app.fetch(request, bindings.peer && !believing ? { ...bindings, peer: nobody } : bindings),
      log,
    });
    ports.push(port);
    endings.push(tls.onChange((material) => port.reload(material)));
    log.info("Listening", { port: name.toLowerCase(), address: port.address, tls: config[`${name}_TLS`] });
  };
  try {
    await open("MANAGEMENT", product.apps.management);
    await open("PUPPET", product.apps.puppet);
    await open("PUPPETDB", product.apps.puppetdb);
  } catch (error) {
    await Promise.all(ports.map((port) => port.close(0)));
    throw error;
  }
  if (product.puppetserver && config.PARTS.includes("puppet") && config.TLS_CA !== undefined) {
    const file = join(dataDir.path, "puppetserver-crl.pem");
    endings.push(fetchCrl({ upstream: product.puppetserver, trust: tls.trust, file, log }).close);
  }
  return {
    /** Takes nothing new, ends what runs. */
    close: async (graceMs: number) => {
      endings.forEach((end) => end());
      await Promise.all(ports.map((port) => port.close(graceMs)));
    },
  };
};
