import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { readCertificate } from "../../handlers/core/x509/certificate.ts";
import { saysName } from "../../handlers/core/x509/name.ts";
import { pemBlocks } from "../../handlers/core/x509/pem.ts";
import type { Peer } from "../../handlers/interfaces/peer.ts";
import { headerValues } from "./headers.ts";
import { networks } from "./networks.ts";

/** Says who a certificate (DER) stands for now: chain, dates and revocation checked. */
export type Identify = (certificate: Uint8Array) => Peer | Promise<Peer>;

export type IngressOptions = {
  /** What the ingress sends as X-Hoppetdb-Ingress. */
  readonly secret: string;
  /** Where it may come from: addresses, networks or `unix`. */
  readonly from: readonly string[];
};

const anonymous = (reason: Extract<Peer, { kind: "anonymous" }>["reason"]): Peer => ({ kind: "anonymous", reason });

/**
 * Reads what a TLS-ending ingress says about its client. Undefined: the request didn't come from the ingress (another
 * address, no proof, a wrong one). The certificate that it hands over is verified by us like any other.
 */
export const ingressPeer = (options: IngressOptions, identify: Identify) => {
  const allowed = networks(options.from);
  const expected = digest(options.secret);

  return (incoming: IncomingMessage, remoteAddress: string): Peer | Promise<Peer> | undefined => {
    const proofs = headerValues(incoming, "x-hoppetdb-ingress");
    const proven = timingSafeEqual(digest(proofs[0] ?? ""), expected) && proofs.length === 1;
    if (!proven || !allowed(remoteAddress)) return undefined;

    const names = ["x-client-dn", "x-ssl-subject"].flatMap((name) => headerValues(incoming, name)).filter((n) => n);
    const [certificate, ...more] = headerValues(incoming, "x-client-cert").filter((value) => value !== "");
    // An agent that has no certificate yet comes without one.
    if (certificate === undefined) return anonymous(names.length === 0 ? "no certificate" : "bad ingress");
    const der = decode(certificate);
    if (more.length > 0 || !der || !agrees(der, names)) return anonymous("bad ingress");
    return identify(der);
  };
};

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

const decode = (value: string): Uint8Array | undefined => {
  try {
    return pemBlocks(decodeURIComponent(value), "CERTIFICATE")[0];
  } catch {
    return undefined;
  }
};

const agrees = (der: Uint8Array, names: readonly string[]): boolean => {
  try {
    const { subject } = readCertificate(der);
    return names.every((name) => saysName(name, subject));
  } catch {
    return false;
  }
};
