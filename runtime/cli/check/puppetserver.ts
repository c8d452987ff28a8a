import { existsSync, readFileSync } from "node:fs";
import { ask, type Material } from "./ask.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

/** Names that OpenSSL gives to what is wrong with a certificate, in words. */
const tlsTrouble: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate does not bear the name in the URL",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is from another CA",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is from another CA",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is from another CA",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the name is not known",
};

/**
 * Asks a Puppetserver as hoppetdb does, and then as a stranger would who reaches it past hoppetdb and forges a name.
 */
export const checkPuppetserver = async (url: string, material: Material, name: string): Promise<Finding[]> => {
  const found: Finding[] = [];
  const status = await ask(`${url}/status/v1/simple`, { material });
  if (status.kind === "failure") {
    return [error(
      `${url} cannot be reached: ${tlsTrouble[status.code] ?? status.message}`,
      "Check HOPPETDB_PUPPETSERVER_URL, HOPPETDB_UPSTREAM_CA and that the Puppetserver runs",
    )];
  }
  found.push(ok(`${url} answers, and its certificate bears that name`));
  const skew = Math.abs(Date.parse(status.headers.date ?? "") - Date.now());
  if (skew > 60_000) {
    found.push(
      warning(`Its clock and ours are ${Math.round(skew / 1000)} s apart`, "Let both follow the same time server"),
    );
  }

  const path = `/puppet/v3/node/${encodeURIComponent(name)}?environment=production`;
  const forged = { "x-client-verify": "SUCCESS", "x-client-dn": `CN=${name}`, accept: "application/json" };
  const ours = await ask(url + path, { material, headers: forged });
  if (ours.kind === "answer" && ours.status === 403) {
    found.push(error(
      `${url} does not believe the identity that hoppetdb passes on`,
      "Set allow-header-cert-info: true in the authorization section of its auth.conf and restart it",
    ));
    return found;
  }
  const stranger = await ask(url + path, { material: { ca: material.ca ?? "" }, headers: forged });
  if (stranger.kind === "answer" && stranger.status < 400) {
    const open = listensOpenly(new URL(url));
    const what = `${url} believes a forged X-Client-DN from anybody who reaches it`;
    if (open === false) found.push(ok(`${what}, but it listens on loopback only`));
    else {
      found.push(error(
        `${what}${open ? ", and it listens on every address" : ""}`,
        "Bind it to loopback (ssl-host: 127.0.0.1 in webserver.conf), or let the firewall pass hoppetdb's address only",
      ));
    }
  } else found.push(ok(`${url} does not believe a stranger's forged X-Client-DN`));
  return found;
};

/** For a server on this machine: whether others can reach its port, by the kernel's table. Undefined: can't be told. */
const listensOpenly = ({ hostname, port }: URL): boolean | undefined => {
  if (!["localhost", "127.0.0.1", "[::1]"].includes(hostname) || !existsSync("/proc/net/tcp")) return undefined;
  const wanted = Number(port || 443).toString(16).toUpperCase().padStart(4, "0");
  const loopback = /^(0100007F|00000000000000000000000001000000|0000000000000000FFFF00000100007F)$/;
  const listening = ["/proc/net/tcp", "/proc/net/tcp6"].filter((file) => existsSync(file)).flatMap((file) =>
    readFileSync(file, "utf8").split("\n").map((line) => line.trim().split(/\s+/)).filter((fields) =>
      fields[3] === "0A" && fields[1]?.endsWith(`:${wanted}`)
    ).map((fields) => fields[1]?.split(":")[0] ?? "")
  );
  return listening.length === 0 ? undefined : listening.some((address) => !loopback.test(address));
};
