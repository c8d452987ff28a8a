/** Trusted extensions that are secrets by their meaning, wherever they stand: by name and by OID. */
export const secretKeys: readonly string[] = ["pp_preshared_key", "1.3.6.1.4.1.34380.1.1.4"];

export const isSecretKey = (key: string): boolean => secretKeys.includes(key);

/**
 * Whether a trusted extension is hidden: a preshared key, one whose name says that it is a secret, and those of the site's own arc
 * that nobody gave a name to (1.3.6.1.4.1.34380.1.2, "private" in Puppet's words).
 */
export const isSecretExtension = (key: string): boolean =>
  isSecretKey(key) || /psk|secret|passw|token|preshared|private|api_?key|challenge/i.test(key) ||
  key.startsWith("1.3.6.1.4.1.34380.1.2.");

/** The keys that name the type of a rich value. */
export const typeWords: readonly string[] = ["__ptype", "__pcore_type__"];

/**
 * Whether an object is a Sensitive value of Puppet's rich data: `{"__ptype": "Sensitive", "__pvalue": …}`
 * (pcore data representation; `__pcore_type__` before Puppet 6).
 */
export const isSensitive = (value: object): boolean => typeWords.some((word) => isSensitiveType(own(value, word)));

const isSensitiveType = (type: unknown): boolean => typeof type === "string" && /^Sensitive(?:\[|$)/.test(type);

/** A member of a JSON object, never an inherited one. */
export const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;

/** `Type[title]`, or undefined where it is no resource. */
export const referenceOf = (type: unknown, title: unknown): string | undefined =>
  typeof type === "string" && typeof title === "string" ? `${type}[${title}]` : undefined;

/** The names in a list of a resource's sensitive parameters. */
export const namesIn = (list: unknown): readonly string[] =>
  Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
