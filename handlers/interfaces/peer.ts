/**
 * Who is at the other end of a connection on port 8001 or 8002. `verified` only after the chain, the dates and the
 * revocation of its certificate were checked by us, for this very request.
 */
export type Peer =
  | {
    readonly kind: "verified";
    readonly certname: string;
    /** Lower-case hex without leading zeros. */
    readonly serial: string;
    /** RFC 2253 text of the issuer. */
    readonly issuer: string;
    /** The certificate itself, PEM: goes to the Puppetserver as X-Client-Cert. */
    readonly pem: string;
  }
  | { readonly kind: "anonymous"; readonly reason: AnonymousReason };

export type AnonymousReason =
  | "no certificate"
  | "unknown authority"
  | "expired"
  | "not yet valid"
  | "revoked"
  | "not registered"
  | "bad ingress"
  | "bad name"
  | "no authority configured";
