import type { IncomingMessage } from "node:http";

/** The headers by which someone in front says who a client is. On ports 8001 and 8002 none of them gets to a handler. */
const isIdentity = (name: string): boolean =>
  /^(x-client-|x-ssl-|x-forwarded-|x-hoppetdb-|forwarded$)/i.test(name.replaceAll("_", "-"));

/** Every value of a header, as it was sent; a header that came twice has two. */
export const headerValues = (incoming: IncomingMessage, name: string): string[] => {
  const raw = incoming.rawHeaders;
  return raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name);
};

/** Takes the identity headers out of a request, whoever sent them. */
export const dropIdentityHeaders = (incoming: IncomingMessage): void => {
  const raw = incoming.rawHeaders;
  const dropped = raw.filter((name, at) => at % 2 === 0 && isIdentity(name));
  if (dropped.length === 0) return;
  // Both are made from the raw headers when they are first asked for, and must be there before those change.
  const { headers, headersDistinct } = incoming;
  for (const name of dropped) {
    delete headers[name.toLowerCase()];
    delete headersDistinct[name.toLowerCase()];
  }
  incoming.rawHeaders = raw.filter((_, at) => !isIdentity(raw[at - (at % 2)] ?? ""));
};
