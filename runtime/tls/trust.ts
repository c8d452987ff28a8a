import { createHash } from "node:crypto";
import { commonNames } from "../../handlers/core/x509/name.ts";
import { pemOf } from "../../handlers/core/x509/pem.ts";
import type { Clock } from "../../handlers/interfaces/clock.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { AnonymousReason, Peer } from "../../handlers/interfaces/peer.ts";
import { type Certificate, type Chain, findChain, openCertificate, openCertificates } from "./authorities.ts";
import { createRevocation } from "./revocation.ts";

/** What the records say of a certificate that this authority (by the SHA-256 of its public key) signed. */
export type Registered = (
  link: { readonly serial: string; readonly issuerKeyId: string; readonly fingerprint: string },
) => Promise<"good" | "revoked" | "not registered" | "foreign">;

/** Whom we believe: the authorities and their revocation lists. */
export type Trust = {
  /** Who a certificate (DER) stands for at this very moment: chain, dates, revocation, name. */
  identify(certificate: Uint8Array): Peer;
  /** The same, but that each certificate of the chain must also be good in the records of our own CA. */
  identifyRegistered(certificate: Uint8Array, registered: Registered): Promise<Peer>;
  /** Replaces the authorities (a PEM bundle; undefined: nobody is believed). Throws, and changes nothing, for a bad one. */
  setAuthorities(pem: string | undefined): void;
  /** Takes the revocation lists of a source. Throws, and changes nothing, for lists that aren't signed by the authorities. */
  setCrls(source: string, pem: string): void;
  /** Logs revocation lists that are out of date, once a day. */
  warnStale(): void;
};

/** What is asked of a known chain again and again: each certificate's dates, and its serial at the one who signed it. */
type Link = {
  readonly notBefore: number;
  readonly notAfter: number;
  readonly serial: string;
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
  /** Undefined for the root. */
  readonly issuer: Certificate | undefined;
};
type Known = { readonly links: readonly Link[]; readonly peer: Peer };

const mostKnown = 10_000;
const anonymous = (reason: AnonymousReason): Peer => ({ kind: "anonymous", reason });
/** What Puppet takes for a certname: printable ASCII without a slash. */
const certname = /^[ -.0-~]{1,255}$/;

export const createTrust = (deps: { readonly clock: Clock; readonly log: Log }): Trust => {
  const revocation = createRevocation(deps);
  let authorities: readonly Certificate[] = [];
  // Chains that were found, by the certificate's SHA-256: signatures don't change, all else is asked each time.
  const known = new Map<string, Known>();

  const lookUp = (der: Uint8Array): Known | AnonymousReason => {
    const id = createHash("sha256").update(der).digest("hex");
    const before = known.get(id);
    if (before) return before;
    let chain: Chain | undefined;
    try {
      chain = findChain(openCertificate(der), authorities);
    } catch (error) {
      deps.log.debug("Client certificate cannot be read", { reason: (error as Error).message });
    }
    if (!chain) return "unknown authority";
    const found = {
      peer: peerOf(chain[0]!),
      links: chain.map(({ der: each, facts: { notBefore, notAfter, serial } }, at): Link => ({
        notBefore,
        notAfter,
        serial,
        fingerprint: createHash("sha256").update(each).digest("hex"),
        issuer: chain[at + 1],
      })),
    };
    if (known.size >= mostKnown) known.delete(known.keys().next().value!);
    known.set(id, found);
    return found;
  };

  const judge = (found: Known | AnonymousReason): Peer => {
    if (typeof found === "string") return anonymous(found);
    const now = deps.clock.now();
    for (const { notBefore, notAfter } of found.links) {
      if (now > notAfter) return anonymous("expired");
      if (now < notBefore) return anonymous("not yet valid");
    }
    const revoked = found.links.some(({ serial, issuer }) => issuer && revocation.isRevoked(serial, issuer));
    return revoked ? anonymous("revoked") : found.peer;
  };

  const find = (der: Uint8Array) => authorities.length === 0 ? "no authority configured" : lookUp(der);

  return {
    identify: (der) => judge(find(der)),
    identifyRegistered: async (der, registered) => {
      const found = find(der);
      const peer = judge(found);
      if (peer.kind !== "verified" || typeof found === "string") return peer;
      for (const [at, { serial, fingerprint, issuer }] of found.links.entries()) {
        const standing = issuer ? await registered({ serial, fingerprint, issuerKeyId: issuer.keyId }) : "foreign";
        // an external root vouches for an authority of ours, but for nobody else
        if (standing === "foreign" && at === 0) return anonymous("not registered");
        if (standing === "revoked" || standing === "not registered") return anonymous(standing);
      }
      return peer;
    },
    setAuthorities: (pem) => {
      authorities = pem === undefined ? [] : openCertificates(pem);
      known.clear();
    },
    setCrls: (source, pem) => revocation.load(source, pem, authorities),
    warnStale: revocation.warnStale,
  };
};

const peerOf = ({ facts, der }: Certificate): Peer => {
  const names = commonNames(facts.subject);
  // Of two names each reader would take another one.
  if (names.length !== 1 || !certname.test(names[0]!)) return anonymous("bad name");
  return {
    kind: "verified",
    certname: names[0]!,
    serial: facts.serial,
    issuer: facts.issuer.text,
    pem: pemOf(der, "CERTIFICATE"),
  };
};
