import type { Peer } from "../interfaces/peer.ts";

/** RFC 9110, 7.6.1: these speak about one connection. `expect` too: the two connections answer it on their own. */
const hopByHop = [
  "connection",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
/** What says who a client is: ours to say, nobody else's. */
const identity = /^(x-client-|x-ssl-|x-forwarded-|x-hoppetdb-|forwarded$)/;

/**
 * The headers that go to the Puppetserver: the client's own, without those of the connection and without any word on who
 * it is; then what we verified. Puppetserver believes these three (`allow-header-cert-info`).
 */
export const requestHeaders = (received: Headers, peer: Peer): Headers => {
  const headers = without(received, (name) => identity.test(name.replaceAll("_", "-")));
  headers.set("X-Client-Verify", peer.kind === "verified" ? "SUCCESS" : "NONE");
  if (peer.kind === "verified") {
    headers.set("X-Client-DN", `CN=${peer.certname}`);
    headers.set("X-Client-Cert", encodeURIComponent(peer.pem));
  }
  return headers;
};

/** The Puppetserver's headers as the client gets them: all but those of the connection. */
export const responseHeaders = (received: Headers): Headers => without(received, () => false);

const without = (received: Headers, dropped: (name: string) => boolean): Headers => {
  const named = (received.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim());
  const headers = new Headers();
  for (const [name, value] of received) {
    if (!hopByHop.includes(name) && !named.includes(name) && !dropped(name)) headers.append(name, value);
  }
  return headers;
};
