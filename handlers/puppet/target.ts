import { AppError } from "../errors.ts";

/** A request's target once it was checked. */
export type Target = {
  /** The path's segments, decoded once. The last one is empty where the path ends in a slash. */
  readonly segments: readonly string[];
  /** The path as text to show: decoded. */
  readonly path: string;
  /** Path and query as they go upstream: encoded anew from the segments that were checked. */
  readonly upstream: string;
};

const bad = (why: string) => new AppError("bad_request", `Bad request path: ${why}`, { field: "path" });

/**
 * Checks the target of a request line and decodes its path, once. Throws AppError `bad_request` for what two servers may
 * read in two ways: `//`, `.` and `..` segments (also encoded), encoded slashes, backslashes, `;` parameters, control
 * characters, bad percent encoding, bad UTF-8.
 */
export const parseTarget = (raw: string): Target => {
  const [path = "", ...rest] = raw.split("?");
  if (!path.startsWith("/")) throw bad("expected a path that begins with a slash");
  // What is not printable ASCII has to be encoded in a request line; a fragment has no business there.
  if (!/^[!-~]*$/.test(raw) || raw.includes("#")) throw bad("has characters that must be encoded");
  if (/[\\;]/.test(path)) throw bad("has a backslash or a semicolon that is not encoded");
  const segments = path.slice(1).split("/").map(decode);
  if (segments.some((segment, at) => segment === "" && at < segments.length - 1)) throw bad("has an empty segment");
  return {
    segments,
    path: `/${segments.join("/")}`,
    upstream: `/${segments.map(encodeURIComponent).join("/")}${rest.length > 0 ? `?${rest.join("?")}` : ""}`,
  };
};

const decode = (segment: string): string => {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw bad("has a percent encoding that is no UTF-8");
  }
  if (text === "." || text === "..") throw bad(`has a "${text}" segment`);
  if (/[/\\]/.test(text)) throw bad("has an encoded slash");
  // deno-lint-ignore no-control-regex
  if (/[\0-\x1f\x7f]/.test(text)) throw bad("has a control character");
  return text;
};
