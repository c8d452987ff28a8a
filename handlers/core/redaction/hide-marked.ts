import { placeholder } from "../../interfaces/redactor.ts";
import { isSecretExtension, namesIn, own, referenceOf } from "./puppet-marks.ts";
import { isSecretParameter, type SecretPlaces } from "./secret-places.ts";

type Parameters = ReadonlyMap<string, ReadonlySet<string>>;
type Rules = SecretPlaces["parameters"];

/** Titles are paths and names; a longer source than this is not one of Puppet's. */
const longestSource = 8_192;

/** In a resource: the parameters that it, an earlier catalog or a rule names as sensitive. Their names stay. */
export const hideParameters = (resource: object, parameters: Parameters, rules: Rules): void => {
  const values = own(resource, "parameters");
  if (typeof values !== "object" || values === null) return;
  const type = own(resource, "type");
  const known = knownOf(parameters, type, own(resource, "title"));
  for (const name of [...namesIn(own(resource, "sensitive_parameters")), ...known]) hide(values, name);
  if (rules.length === 0) return;
  for (const name of Object.keys(values)) if (isSecretParameter(rules, type, name)) hide(values, name);
};

/** In a resource of a report: what the events of such a parameter tell about its value. */
export const hideEvents = (resource: object, parameters: Parameters, rules: Rules): void => {
  const type = own(resource, "resource_type");
  const known = knownOf(parameters, type, own(resource, "resource_title"));
  const events = own(resource, "events");
  if ((known.size === 0 && rules.length === 0) || !Array.isArray(events)) return;
  for (const event of events) {
    if (typeof event !== "object" || event === null) continue;
    const property = own(event, "property");
    if (typeof property !== "string") continue;
    if (!known.has(property) && !isSecretParameter(rules, type, property)) continue;
    for (const field of ["new_value", "old_value", "message"]) hide(event, field);
  }
};

/** In a log line whose source is such a parameter: `/Stage[main]/Profile::Db/File[/etc/pgpass]/content`. */
export const hideLog = (line: object, parameters: Parameters, rules: Rules): void => {
  const source = own(line, "source");
  if (typeof source !== "string") return;
  if (parameters.size > 0 && isMarked(source, parameters)) hide(line, "message");
  else if (rules.length > 0 && isByRule(source, rules)) hide(line, "message");
};

/** In `trusted.extensions`: those that are secrets by their names. */
export const hideExtensions = (extensions: unknown): void => {
  if (typeof extensions !== "object" || extensions === null) return;
  for (const name of Object.keys(extensions)) if (isSecretExtension(name)) hide(extensions, name);
};

const hide = (object: object, name: string): void => {
  if (Object.hasOwn(object, name)) (object as Record<string, unknown>)[name] = placeholder;
};

const none: ReadonlySet<string> = new Set();

const knownOf = (parameters: Parameters, type: unknown, title: unknown): ReadonlySet<string> => {
  if (parameters.size === 0) return none;
  const reference = referenceOf(type, title);
  return (reference === undefined ? undefined : parameters.get(reference)) ?? none;
};

/** `…/File[/etc/pgpass]/content`: the type before any bracket may be meant, since a title may look like a source. */
const isByRule = (source: string, rules: Rules): boolean => {
  const property = source.slice(source.lastIndexOf("/") + 1);
  const types = source.slice(-longestSource).matchAll(/(?:^|\/)([A-Z][A-Za-z0-9_:]*)\[/g);
  for (const [, type] of types) if (isSecretParameter(rules, type, property)) return true;
  return false;
};

/** A title may itself have slashes in it, so each place where a resource may begin is tried. */
const isMarked = (source: string, parameters: Parameters): boolean => {
  const end = source.lastIndexOf("/");
  if (end < 1 || source[end - 1] !== "]") return false;
  const property = source.slice(end + 1);
  for (let at = end - 1; at >= 0 && end - at < longestSource; at--) {
    if (at > 0 && source[at - 1] !== "/") continue;
    if (parameters.get(source.slice(at, end))?.has(property)) return true;
  }
  return false;
};
