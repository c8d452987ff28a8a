import { isIP } from "node:net";
import { z } from "zod";

/** Where a port listens: an address or a unix socket. */
export type Listen =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Whether only this machine can reach it. */
export const isLoopback = (listen: Listen): boolean =>
  listen.kind === "unix" || listen.host === "localhost" || listen.host === "::1" || listen.host.startsWith("127.");

export const showListen = (listen: Listen): string => {
  if (listen.kind === "unix") return `unix:${listen.path}`;
  return `${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${listen.port}`;
};

/** `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000` or `unix:/run/hoppetdb/management.sock`. */
export const listen = z.string().transform((text, ctx): Listen => {
  if (text.startsWith("unix:/")) return { kind: "unix", path: text.slice("unix:".length) };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65535) return { kind: "tcp", host, port };
  ctx.addIssue({ code: "custom", message: "expected host:port or unix:/path" });
  return z.NEVER;
});

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** PuppetDB's durations: `14d`, `1h`, `90s`, `500ms`; 0 stands for "for ever". Milliseconds. */
export const duration = z.string().transform((text, ctx): number => {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match) return Number(match[1]) * units[match[2] as keyof typeof units];
  if (text === "0") return 0;
  ctx.addIssue({ code: "custom", message: "expected a duration such as 14d, 12h, 30m, 90s or 500ms" });
  return z.NEVER;
});

/** How long something signed is valid: a duration of at least an hour, also in years (365 days). Milliseconds. */
export const ttl = z.string().transform((text) => text.replace(/^(\d{1,3})y$/, (_, years) => `${Number(years) * 365}d`))
  .pipe(duration).refine((ms) => ms >= 3_600_000, "expected at least 1h");

/** What a CA signs by itself: off, all, or certnames and globs. */
export const autosign = z.string().transform((text, ctx): "off" | "all" | readonly string[] => {
  if (text === "off" || text === "all") return text;
  const globs = text.split(",").map((each) => each.trim()).filter((each) => each);
  if (globs.length > 0 && globs.every((each) => /^(\*\.)?[a-z0-9_.-]+$/.test(each))) return globs;
  ctx.addIssue({ code: "custom", message: "expected off, all, or certnames and globs such as *.example.com" });
  return z.NEVER;
});

/** A URL that stands in certificates: whoever checks one may have no TLS for it yet. */
export const statusUrl = z.url({ protocol: /^https?$/, error: "expected an http or https URL" });

const sizes = { "": 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;

/** `512MB`, `64kB` or plain bytes. */
export const size = z.string().transform((text, ctx): number => {
  const match = /^(\d{1,12})(|kB|MB|GB)$/.exec(text);
  if (match) return Number(match[1]) * sizes[match[2] as keyof typeof sizes];
  ctx.addIssue({ code: "custom", message: "expected a size such as 64MB, 512kB or a number of bytes" });
  return z.NEVER;
});

export const count = z.string().regex(/^\d{1,6}$/, "expected a whole number").transform(Number);
export const onOff = z.enum(["on", "off"], "expected on or off").transform((text) => text === "on");

/** Values separated by commas; blanks around them do not count. */
export const list = z.string().transform((text) => text.split(",").map((each) => each.trim()).filter((each) => each));

export const listOf = <T extends string>(names: readonly T[]) =>
  list.transform((given, ctx): readonly T[] => {
    const unknown = given.filter((each) => !(names as readonly string[]).includes(each));
    if (unknown.length === 0 && given.length > 0) return given as T[];
    ctx.addIssue({ code: "custom", message: `expected some of ${names.join(", ")}` });
    return z.NEVER;
  });

/** The base of a server behind us: scheme, host and port, nothing else. */
export const serverUrl = z.string().transform((text, ctx): string => {
  const url = URL.parse(text);
  const bare = url && (url.protocol === "https:" || url.protocol === "http:") && url.pathname === "/" &&
    !url.search && !url.hash && !url.username && !url.password;
  if (url && bare) return url.origin;
  ctx.addIssue({ code: "custom", message: "expected a URL such as https://puppet.example.com:8140, without a path" });
  return z.NEVER;
});

export const serverUrls = list.transform((given, ctx): readonly string[] => {
  const urls = given.map((each) => serverUrl.safeParse(each));
  if (urls.length > 0 && urls.every((each) => each.success)) return urls.map((each) => each.data as string);
  ctx.addIssue({
    code: "custom",
    message: "expected URLs such as https://puppet.example.com:8140, without a path, separated by commas",
  });
  return z.NEVER;
});

/** Addresses or networks in CIDR form; `unix` where the peer is a unix socket. */
export const networks = list.transform((given, ctx): readonly string[] => {
  if (given.every((each) => each === "unix" || isNetwork(each))) return given;
  ctx.addIssue({ code: "custom", message: "expected addresses or networks such as 10.0.0.0/8, or unix" });
  return z.NEVER;
});

const isNetwork = (text: string): boolean => {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};
