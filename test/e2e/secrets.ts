import { type Visitor } from "./product.ts";

/**
 * Every secret of the site's manifests and Hiera data, as it may appear anywhere. Nobody registers them: Puppet's own
 * marks are enough.
 */
export const siteSecrets = [
  "tok-common-0123456789abcdef",
  "hunter2-tls",
  "Sup3r$ecret!",
  "$6$salt$hash",
  "-----KEY of intra.example.test-----",
  "seen by web01.example.test",
  "seen by db01.example.test",
];

/** Every address under port 8000 that can be read: what the OpenAPI document lists, and every link of every page. */
export const crawl = async (visitor: Visitor, url: string, nodes: readonly string[]): Promise<Map<string, string>> => {
  const seen = new Map<string, string>();
  const waiting = ["/", "/openapi.json", "/docs", ...await apiPaths(visitor, nodes)];
  while (waiting.length > 0 && seen.size < 2000) {
    const path = waiting.shift()!;
    if (seen.has(path)) continue;
    const response = await visitor.get(path);
    const text = await response.text();
    seen.set(path, `${response.status}\n${text}`);
    if (!(response.headers.get("content-type") ?? "").includes("text/html")) continue;
    for (const [, href = ""] of text.matchAll(/href="([^"#]+)/g)) {
      const next = new URL(href.replaceAll("&amp;", "&"), url + path);
      if (next.origin === new URL(url).origin && !/logout/.test(next.pathname)) {
        waiting.push(next.pathname + next.search);
      }
    }
  }
  return seen;
};

const apiPaths = async (visitor: Visitor, nodes: readonly string[]): Promise<string[]> => {
  const { paths } = await visitor.json("/openapi.json") as { paths: Record<string, Record<string, unknown>> };
  const readable = Object.entries(paths).filter(([, methods]) => "get" in methods).map(([path]) => path);
  const found: string[] = [];
  for (const path of readable) {
    if (!path.includes("{")) found.push(path);
    for (const node of nodes) {
      const one = path.replace(/\{node\}/, encodeURIComponent(node));
      if (!one.includes("{")) {
        found.push(one);
        continue;
      }
      const listing = one.slice(0, one.indexOf("/{"));
      const answer = await visitor.get(`${listing}?limit=100`);
      if (!answer.ok) continue;
      const { result = [] } = await answer.json() as { result?: { id?: string }[] };
      found.push(...result.flatMap(({ id }) => id ? [one.replace(/\{[^}]+\}/, encodeURIComponent(id))] : []));
    }
  }
  return found;
};

/** Where a secret shows, in any of the forms that a page or a JSON answer may give it. */
export const leaks = (texts: Iterable<readonly [string, string]>): string[] => {
  const found: string[] = [];
  for (const [where, text] of texts) {
    for (const secret of siteSecrets) {
      const forms = [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        btoa(secret).replace(/=+$/, "").slice(0, -1),
        secret.replaceAll("&", "&amp;").replaceAll("$", "&#36;"),
      ];
      if (forms.some((form) => text.includes(form))) found.push(`${secret} in ${where}`);
    }
  }
  return found;
};
