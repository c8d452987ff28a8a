import type { CollectionName } from "../../interfaces/documents.ts";

/** Every permission that a team or a credential can have, and what it is for. The API's routes name them. */
export const permissions = {
  "AUDIT::GET": "read, export and verify the audit log",
  "CA::GET": "read authorities, spaces and certificates",
  "CA:AUTHORITIES::CREATE": "make an authority",
  "CA:AUTHORITIES::UPDATE": "change or revoke an authority",
  "CA:AUTHORITIES::DELETE": "remove an authority",
  "CA:SPACES::CREATE": "make a space",
  "CA:SPACES::UPDATE": "change a space and its policy",
  "CA:SPACES::DELETE": "remove a space",
  "CA:CERTS::CREATE": "have a certificate made for a CSR",
  "CA:CERTS::UPDATE": "sign and revoke certificates, in every space",
  "CA:CERTS::DELETE": "withdraw requests and clean certificates",
  "CA:TOKENS::GET": "list enrolment tokens",
  "CA:TOKENS::CREATE": "make an enrolment token",
  "CA:TOKENS::DELETE": "withdraw an enrolment token",
  "NODES::CREATE": "make a node before it was heard of",
  "NODES::UPDATE": "disable nodes and inject facts",
  "NODES::DELETE": "remove nodes with all that hangs on them",
  "NODES:ALL::GET": "see every node, whichever groups it is in",
  "NODES:UNREDACTED::GET": "see facts, catalogs and reports with their secrets; each look is audited",
  "NODES:DEAD_LETTERS::GET": "read the commands that could not be stored or forwarded",
  "NODES:DEAD_LETTERS::UPDATE": "try them again",
  "NODES:DEAD_LETTERS::DELETE": "drop them",
  "NODES:GROUPS::GET": "read groups of nodes",
  "NODES:GROUPS::CREATE": "make a group of nodes",
  "NODES:GROUPS::UPDATE": "change a group of nodes",
  "NODES:GROUPS::DELETE": "remove a group of nodes",
  "NODES:SECRETS_REDACTOR::GET": "list known secrets (without what they are) and rules",
  "NODES:SECRETS_REDACTOR::CREATE": "have a value or a place hidden",
  "NODES:SECRETS_REDACTOR::DELETE": "have it shown again",
  "PYPPETDB:NODES::GET": "list the processes on this store",
  "PYPPETDB:NODES::DELETE": "forget one of them",
  "TEAMS::GET": "read teams and explain who may do what",
  "TEAMS::CREATE": "make a team",
  "TEAMS::UPDATE": "change a team's members and permissions",
  "TEAMS::DELETE": "remove a team",
  "USERS::GET": "read users",
  "USERS::CREATE": "make a user",
  "USERS::UPDATE": "change a user, lift a lockout",
  "USERS::DELETE": "remove a user",
  "USERS:CREDENTIALS::GET": "list others' API credentials",
  "USERS:CREDENTIALS::CREATE": "make an API credential for someone else",
  "USERS:CREDENTIALS::UPDATE": "change others' API credentials",
  "USERS:CREDENTIALS::DELETE": "remove others' API credentials",
  "USERS:SESSIONS::GET": "list others' logins",
  "USERS:SESSIONS::DELETE": "end others' logins",
} as const;

export type StaticPermission = keyof typeof permissions;

type Dynamic = { readonly collection: CollectionName; readonly holds: string; readonly within: StaticPermission };

/** Permissions for one object: `{…}` stands for its id. Whoever has the permission of `within` needs none of them. */
export const dynamicPermissions = {
  "CA:AUTHORITIES:{authority}:CERTS::UPDATE": {
    collection: "ca_authorities",
    holds: "sign and revoke certificates of one authority",
    within: "CA:CERTS::UPDATE",
  },
  "CA:SPACES:{space}:CERTS::UPDATE": {
    collection: "ca_spaces",
    holds: "sign and revoke certificates in one space",
    within: "CA:CERTS::UPDATE",
  },
} as const satisfies Record<string, Dynamic>;

export type DynamicPermission = keyof typeof dynamicPermissions;
export type Permission = StaticPermission | DynamicPermission;

/** The form in which a permission is kept: pyppetdb writes some with one colon before the action. */
export const canonicalPermission = (text: string): string => text.replace(/([^:]):([A-Z]+)$/, "$1::$2");

export const isStaticPermission = (text: string): text is StaticPermission => Object.hasOwn(permissions, text);

const form = /^[A-Z_]+(?::[^:]+)*::[A-Z]+$/;

/** Which object a dynamic permission is for; undefined for anything else. */
export const objectOf = (
  permission: string,
): { readonly collection: CollectionName; readonly id: string; readonly within: StaticPermission } | undefined => {
  if (!form.test(permission)) return undefined;
  const parts = permission.split(":");
  for (const [pattern, { collection, within }] of Object.entries(dynamicPermissions)) {
    const wanted = pattern.split(":");
    const at = wanted.findIndex((each) => each.startsWith("{"));
    if (wanted.length === parts.length && wanted.every((each, i) => i === at || each === parts[i])) {
      return { collection, id: parts[at]!, within };
    }
  }
  return undefined;
};

/** A dynamic permission for one object. */
export const permissionFor = (pattern: DynamicPermission, id: string): string => pattern.replace(/\{\w+\}/, () => id);

/** Whether a set of permissions is enough for this one: it is in it, or the static one that includes it. */
export const suffices = (has: ReadonlySet<string>, wanted: string): boolean => {
  if (has.has(wanted)) return true;
  const within = objectOf(wanted)?.within;
  return within !== undefined && has.has(within);
};
