import type { Config } from "../../config.ts";
import { type Listen, showListen } from "../../config/values.ts";
import { ask, type Material } from "./ask.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

/** Looks at our own ports from outside: do they answer, and do they refuse who has no certificate. */
export const checkPorts = async (config: Config, material: Material): Promise<Finding[]> => {
  const found: Finding[] = [];
  const base = (port: "MANAGEMENT" | "PUPPET" | "PUPPETDB") => urlOf(config[`${port}_LISTEN`], config[`${port}_TLS`]);
  for (const port of ["MANAGEMENT", "PUPPET", "PUPPETDB"] as const) {
    const url = base(port);
    if (!config.PARTS.includes(port.toLowerCase() as never)) continue;
    if (!url) {
      found.push(
        warning(`${showListen(config[`${port}_LISTEN`])} is a unix socket and was not looked at`, "Ask it yourself"),
      );
      continue;
    }
    const answer = await ask(`${url}/healthz/ready`, { verify: false });
    if (answer.kind === "answer" && answer.status === 200) found.push(ok(`${url} (${port.toLowerCase()}) is ready`));
    else {
      const why = answer.kind === "failure" ? answer.message : `it answers ${answer.status}`;
      found.push(
        error(`${url} (${port.toLowerCase()}) is not ready: ${why}`, "Start it with hoppetdb serve and read its log"),
      );
    }
  }
  const puppet = base("PUPPET");
  if (puppet && config.PARTS.includes("puppet")) {
    const forged = await ask(`${puppet}/puppet/v3/node/stranger.example.com?environment=production`, {
      verify: false,
      headers: { "x-client-verify": "SUCCESS", "x-client-dn": "CN=stranger.example.com" },
    });
    if (forged.kind === "answer") {
      found.push(
        forged.status === 403 ? ok("Port 8001 refuses a stranger with a forged X-Client-DN") : error(
          `Port 8001 answers a stranger's forged X-Client-DN with ${forged.status}`,
          "Report this as a security fault",
        ),
      );
    }
  }
  const puppetdb = base("PUPPETDB");
  if (puppetdb && config.PARTS.includes("puppetdb") && config.PUPPETDB_TLS && material.cert) {
    const named = await ask(`${puppetdb}/pdb/meta/v1/version`, { material, verify: false });
    if (named.kind === "answer" && named.status === 403) {
      found.push(warning(
        "Port 8002 refuses our own certificate",
        "That is right if the Puppetserver has another one: its name must be in HOPPETDB_PUPPETDB_ALLOW",
      ));
    }
  }
  return found;
};

const urlOf = (listen: Listen, tls: boolean): string | undefined => {
  if (listen.kind === "unix") return undefined;
  const host = listen.host === "0.0.0.0" ? "127.0.0.1" : listen.host === "::" ? "::1" : listen.host;
  return `${tls ? "https" : "http"}://${showListen({ ...listen, host })}`;
};
