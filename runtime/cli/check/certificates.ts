import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "../../config.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

const day = 86_400_000;

/** The certificate files: readable, belonging together, from the CA, in their dates, with a name that agents can dial. */
export const checkCertificates = (config: Config, now: number): Finding[] => {
  if (!config.TLS_CERT || !config.TLS_KEY) {
    return [error(
      "No certificate of the Puppet CA is set: ports 8001 and 8002 answer every client 403",
      "Set HOPPETDB_TLS_CERT, HOPPETDB_TLS_KEY and HOPPETDB_TLS_CA",
    )];
  }
  const found: Finding[] = [];
  const read = (name: "TLS_CERT" | "TLS_CA") => {
    const file = config[name];
    if (!file) return [];
    try {
      return (readFileSync(file, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
        .map((pem) => new X509Certificate(pem));
    } catch (cause) {
      found.push(
        error(`HOPPETDB_${name}: cannot read "${file}" (${(cause as Error).message})`, "Mend the path or the file"),
      );
      return [];
    }
  };
  const [own] = read("TLS_CERT");
  const authorities = read("TLS_CA");
  if (!own) {
    return [...found, error(`"${config.TLS_CERT}" holds no certificate`, "Set HOPPETDB_TLS_CERT to a PEM file")];
  }

  const left = Math.floor((own.validToDate.getTime() - now) / day);
  if (own.validFromDate.getTime() > now) {
    found.push(error(`The certificate is valid only from ${own.validFrom}`, "Put this machine's clock right"));
  } else if (left < 0) found.push(error(`The certificate has expired on ${own.validTo}`, "Have it renewed by your CA"));
  else if (left < 30) found.push(warning(`The certificate expires in ${left} days`, "Have it renewed by your CA"));
  else found.push(ok(`The certificate is valid for another ${left} days`));

  if (authorities.length === 0) {
    found.push(error("HOPPETDB_TLS_CA holds no certificate", "Set it to the CA's ca.pem: agents are believed by it"));
  } else if (!authorities.some((ca) => own.issuer === ca.subject && own.verify(ca.publicKey))) {
    found.push(
      error("The certificate is not from the CA of HOPPETDB_TLS_CA", "Agents will refuse it: take one of their CA"),
    );
  } else found.push(ok("The certificate is from the CA that the agents believe"));

  const names = own.subjectAltName;
  if (!names) {
    found.push(
      error("The certificate bears no DNS name", "Agents will refuse it: have one made with --subject-alt-names"),
    );
  } else {
    found.push(ok(`Agents may dial ${names.replaceAll("DNS:", "").replaceAll("IP Address:", "")}`));
    const loopback = ["localhost", "127.0.0.1"].some((name) => own.checkHost(name) || own.checkIP(name));
    if (config.PUPPETDB_LISTEN.kind === "tcp" && config.PUPPETDB_LISTEN.host === "127.0.0.1" && !loopback) {
      found.push(warning(
        "The certificate does not bear localhost, which the Puppetserver dials for port 8002",
        "Have one made with DNS:localhost among its names",
      ));
    }
  }
  return found;
};
