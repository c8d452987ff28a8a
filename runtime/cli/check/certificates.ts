import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "../../config.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

const day = 86_400_000;

/**
 * What the listeners show: readable, from the CA, in its dates, with a name that agents can dial. `own`: PEM of what a CA
 * of our own gives; otherwise the configured files are read.
 */
export const checkCertificates = (
  own: { readonly cert: string; readonly ca: string } | undefined,
  config: Config,
  now: number,
): Finding[] => {
  if (!own && (!config.TLS_CERT || !config.TLS_KEY)) {
    return [error(
      "No certificate of the Puppet CA is set: ports 8001 and 8002 answer every client 403",
      "Set HOPPETDB_TLS_CERT, HOPPETDB_TLS_KEY and HOPPETDB_TLS_CA",
    )];
  }
  const found: Finding[] = [];
  const certificates = (text: string) =>
    (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((pem) =>
      new X509Certificate(pem)
    );
  const read = (name: "TLS_CERT" | "TLS_CA") => {
    if (own) return certificates(name === "TLS_CERT" ? own.cert : own.ca);
    const file = config[name];
    if (!file) return [];
    try {
      return certificates(readFileSync(file, "utf8"));
    } catch (cause) {
      found.push(
        error(`HOPPETDB_${name}: cannot read "${file}" (${(cause as Error).message})`, "Mend the path or the file"),
      );
      return [];
    }
  };
  const [shown] = read("TLS_CERT");
  const authorities = read("TLS_CA");
  if (!shown) {
    return [...found, error(`"${config.TLS_CERT}" holds no certificate`, "Set HOPPETDB_TLS_CERT to a PEM file")];
  }

  const left = Math.floor((shown.validToDate.getTime() - now) / day);
  if (shown.validFromDate.getTime() > now) {
    found.push(error(`The certificate is valid only from ${shown.validFrom}`, "Put this machine's clock right"));
  } else if (left < 0) {
    found.push(error(`The certificate has expired on ${shown.validTo}`, "Have it renewed by your CA"));
  } else if (left < 30) found.push(warning(`The certificate expires in ${left} days`, "Have it renewed by your CA"));
  else found.push(ok(`The certificate is valid for another ${left} days`));

  if (authorities.length === 0) {
    found.push(error("HOPPETDB_TLS_CA holds no certificate", "Set it to the CA's ca.pem: agents are believed by it"));
  } else if (!authorities.some((ca) => shown.issuer === ca.subject && shown.verify(ca.publicKey))) {
    found.push(
      error("The certificate is not from the CA of HOPPETDB_TLS_CA", "Agents will refuse it: take one of their CA"),
    );
  } else found.push(ok("The certificate is from the CA that the agents believe"));

  const names = shown.subjectAltName;
  if (!names) {
    found.push(
      error("The certificate bears no DNS name", "Agents will refuse it: have one made with --subject-alt-names"),
    );
  } else {
    found.push(ok(`Agents may dial ${names.replaceAll("DNS:", "").replaceAll("IP Address:", "")}`));
    const loopback = ["localhost", "127.0.0.1"].some((name) => shown.checkHost(name) || shown.checkIP(name));
    if (config.PUPPETDB_LISTEN.kind === "tcp" && config.PUPPETDB_LISTEN.host === "127.0.0.1" && !loopback) {
      found.push(warning(
        "The certificate does not bear localhost, which the Puppetserver dials for port 8002",
        "Have one made with DNS:localhost among its names",
      ));
    }
  }
  return found;
};
