import { join } from "node:path";
import type { Log } from "../handlers/interfaces/log.ts";
import type { Product } from "./compose.ts";
import type { Config } from "./config.ts";
import type { DataDir } from "./data-dir.ts";
import { listenPort, type Port } from "./ports/listen-port.ts";
import { fetchCrl } from "./tls/fetch-crl.ts";

/** Opens the ports that HOPPETDB_PARTS names. Either all are open in the end, or none. */
export const listen = async (config: Config, product: Product, dataDir: DataDir, log: Log) => {
  const { tls, ca } = product;
  const ports: Port[] = [];
  const endings: (() => void)[] = [];
  // without a CA nobody can prove a name: every client is told what to set, with a certificate or without
  const believing = ca !== undefined || config.TLS_CA !== undefined;
  const nobody = { kind: "anonymous", reason: "no authority configured" } as const;
  const identify = (certificate: Uint8Array) =>
    ca ? tls.trust.identifyRegistered(certificate, ca.registered) : tls.trust.identify(certificate);
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
  // a connection that stands does not outlive its certificate
  if (ca) {
    endings.push(ca.revocations.onChange(() =>
      ports.forEach((port) => {
        port.recheck().catch((error) => log.error("Open connections cannot be checked", { error }));
      })
    ));
  }
  if (!ca && product.puppetserver && config.PARTS.includes("puppet") && config.TLS_CA !== undefined) {
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
