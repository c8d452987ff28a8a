import type { IncomingMessage } from "node:http";

/** The headers by which someone in front says who a client is. On ports 8001 and 8002 none of them gets to a handler. */
const identity = /^(x-client-|x-ssl-|x-forwarded-|x-hoppetdb-|forwarded$)/i;

/** Every value of a header, as it was sent; a header that came twice has two. */
export const headerValues = (incoming: IncomingMessage, name: string): string[] => {
  const raw = incoming.rawHeaders;
  return raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name);
};

/** Takes the identity headers out of a request, whoever sent them. */
export const dropIdentityHeaders = (incoming: IncomingMessage): void => {
  const raw = incoming.rawHeaders;
  const dropped = raw.filter((name, at) => at % 2 === 0 && identity.test(name));
  if (dropped.length === 0) return;
  incoming.rawHeaders = raw.filter((_, at) => !identity.test(raw[at - (at % 2)] ?? ""));
  for (const name of dropped) {
    delete incoming.headers[name.toLowerCase()];
    delete incoming.headersDistinct[name.toLowerCase()];
  }
};
