import { collect } from "../core/bytes/collect.ts";
import { parseExact, stringify } from "../core/json/exact-json.ts";
import { AppError } from "../errors.ts";
import type { Estate } from "../interfaces/estate.ts";
import type { Log } from "../interfaces/log.ts";
import type { UpstreamRequest } from "../interfaces/upstream.ts";
import { catalogNode } from "./access.ts";
import type { Target } from "./target.ts";

export type InjectFactsDeps = {
  readonly settings: Estate["nodeSettings"];
  /** The one structured fact that has them (HOPPETDB_INJECTED_FACT). */
  readonly fact: string;
  /** Bytes of a request that is held to be changed. */
  readonly limit: number;
  readonly log: Log;
};

type Members = Record<string, unknown>;

/** The request can't be changed; it says why, and nothing of what is in it. */
class Unreadable extends Error {}

/**
 * Adds the facts that people set for a node to those that come with a request for its catalog: in the form of
 * `/puppet/v3/catalog/{node}` (in its query too), and in the JSON of `/puppet/v4/catalog`. A fact of that name that the
 * agent itself sends is replaced. Without such facts, and without facts in it, a request of v3 isn't touched; one that
 * can't be read goes on as it is. Throws AppError `too_large`, and what `settings` throws: a catalog without them could
 * be a wrong one.
 */
export const injectFacts = ({ settings, fact, limit, log }: InjectFactsDeps) => {
  const injectedFor = async (certname: string): Promise<Members | undefined> => {
    const facts = (await settings(certname))?.facts_inject.reveal();
    if (facts === undefined || facts === "{}") return undefined;
    const injected = parseExact(facts) as Members;
    return Object.keys(injected).length === 0 ? undefined : injected;
  };
  const read = async (body: NonNullable<UpstreamRequest["body"]>): Promise<Uint8Array<ArrayBuffer>> => {
    if (body instanceof Uint8Array) return body;
    const tooLarge = () => new AppError("too_large", `The body is larger than the ${limit} bytes that may have facts`);
    return await collect(body, limit, tooLarge);
  };
  const attempt = <T>(certname: string, before: T, change: () => T): T => {
    try {
      return change();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      log.warn("Facts of a node are not injected: the request cannot be read", { certname, reason: error.message });
      return before;
    }
  };

  const intoForm = async (certname: string, request: UpstreamRequest): Promise<UpstreamRequest> => {
    const injected = await injectedFor(certname);
    if (!injected) return request;
    const [path, query] = divided(request.path);
    const added = attempt(certname, query, () => query && formWith(query, fact, injected));
    const changed = { ...request, path: added === undefined ? path : `${path}?${added}` };
    if (!request.body) return changed;
    const bytes = await read(request.body);
    return withBody(
      changed,
      attempt(certname, bytes, () => {
        assertSentAs(request.headers, "application/x-www-form-urlencoded");
        return new TextEncoder().encode(formWith(textOf(bytes), fact, injected));
      }),
    );
  };

  const intoJson = async (request: UpstreamRequest): Promise<UpstreamRequest> => {
    if (!request.body) return request;
    const bytes = await read(request.body);
    let certname = "";
    let body: unknown;
    const known = attempt(certname, false, () => {
      assertSentAs(request.headers, "application/json");
      body = parsed(textOf(bytes));
      if (!isObject(body) || typeof body["certname"] !== "string") throw new Unreadable("it names no certname");
      certname = body["certname"];
      return true;
    });
    const injected = known ? await injectedFor(certname) : undefined;
    if (!injected) return withBody(request, bytes);
    return withBody(
      request,
      attempt(certname, bytes, () => {
        const { facts } = body as Members;
        if (facts === undefined || facts === null) return bytes;
        add(facts, fact, injected);
        return new TextEncoder().encode(stringify(body));
      }),
    );
  };

  return async (target: Target, request: UpstreamRequest): Promise<UpstreamRequest> => {
    const certname = catalogNode(target);
    if (certname !== undefined) return await intoForm(certname, request);
    const path = target.segments.join("/");
    return path === "puppet/v4/catalog" && request.method === "POST" ? await intoJson(request) : request;
  };
};

/**
 * A URL-encoded form with the facts in its `facts` changed. That is JSON, URL-encoded once more (Puppet::Configurer's
 * FactHandler; the compiler terminus unescapes it). A form without facts stays as it is.
 */
const formWith = (form: string, fact: string, injected: Members): string => {
  const pairs = form.split("&").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0
      ? { name: decoded(pair), value: "", pair }
      : { name: decoded(pair.slice(0, at)), value: pair.slice(at + 1), pair };
  });
  const named = (wanted: string) => pairs.filter(({ name }) => name === wanted);
  const facts = named("facts");
  if (facts.length === 0) return form;
  const [format, ...more] = named("facts_format");
  if (facts.length > 1 || !format || more.length > 0) throw new Unreadable("it has no or several facts or formats");
  // what agents before Puppet 6 call pson is JSON, but for bytes that are no UTF-8
  if (!["application/json", "pson"].includes(decoded(format.value))) throw new Unreadable("its facts are no JSON");
  const content = parsed(decoded(decoded(facts[0]!.value)));
  add(content, fact, injected);
  const value = encodeURIComponent(encodeURIComponent(stringify(content)));
  return pairs.map((each) => each === facts[0] ? `facts=${value}` : each.pair).join("&");
};

const add = (facts: unknown, fact: string, injected: Members): void => {
  const values = isObject(facts) ? facts["values"] : undefined;
  if (!isObject(values)) throw new Unreadable("its facts have no values");
  values[fact] = injected;
};

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parsed = (text: string): unknown => {
  try {
    return parseExact(text);
  } catch {
    throw new Unreadable("its facts are no JSON");
  }
};

/** As Ruby's CGI.unescape: a percent sign that begins nothing stands for itself. */
const decoded = (text: string): string => {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced.replaceAll(/%(?![0-9A-Fa-f]{2})/g, "%25"));
  } catch {
    throw new Unreadable("its encoding is no UTF-8");
  }
};

const textOf = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unreadable("its body is no UTF-8");
  }
};

const assertSentAs = (headers: Headers, wanted: string): void => {
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== wanted) throw new Unreadable(`its body is not sent as ${wanted}`);
  if (!["", "identity"].includes(headers.get("content-encoding") ?? "")) throw new Unreadable("its body is compressed");
};

const divided = (path: string): readonly [string, string | undefined] => {
  const at = path.indexOf("?");
  return at < 0 ? [path, undefined] : [path.slice(0, at), path.slice(at + 1)];
};

const withBody = (request: UpstreamRequest, body: Uint8Array<ArrayBuffer>): UpstreamRequest => {
  const headers = new Headers(request.headers);
  headers.set("Content-Length", String(body.byteLength));
  return { ...request, headers, body };
};
