/** Puppet's arcs (1.3.6.1.4.1.34380.1): registered and private extensions of agents, and those that give rights. */
export const registeredArc = "1.3.6.1.4.1.34380.1.1.";
export const privateArc = "1.3.6.1.4.1.34380.1.2.";
export const authorizationArc = "1.3.6.1.4.1.34380.1.3.";

/** `true` in a certificate: its holder may administer the CA. */
export const cliAuthOid = `${authorizationArc}39`;
/** `true` as an attribute of a request: the agent renews its certificate by itself. */
export const autoRenewOid = `${authorizationArc}2`;

export const oids = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  challengePassword: "1.2.840.113549.1.9.7",
  extensionRequest: "1.2.840.113549.1.9.14",
  /** Microsoft's earlier form of the same; some write both. */
  msExtensionRequest: "1.3.6.1.4.1.311.2.1.14",
} as const;

/** The short names of authorization extensions, as `puppetserver ca list` shows them. */
const authorizationNames: Readonly<Record<string, string>> = {
  [`${authorizationArc}1`]: "pp_authorization",
  [autoRenewOid]: "pp_auth_auto_renew",
  [`${authorizationArc}13`]: "pp_auth_role",
  [cliAuthOid]: "pp_cli_auth",
};

export const isAuthorization = (oid: string): boolean => oid.startsWith(authorizationArc);
export const authorizationName = (oid: string): string => authorizationNames[oid] ?? oid;
