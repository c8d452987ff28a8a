import { RE2JS } from "re2js";
import { AppError } from "../../errors.ts";
import { type AltName, showAltName } from "../x509/alt-names.ts";
import type { Extension } from "../x509/extensions.ts";
import { cliAuthOid, isAuthorization, oids, privateArc, registeredArc } from "./oids.ts";
import type { EffectivePolicy } from "./policy.ts";
import type { RequestFacts } from "./request.ts";

const refuse = (why: string) => new AppError("bad_request", why);

/** RFC 1123, 2.1: labels of 1 to 63 letters, digits and inner hyphens, 253 in all. */
const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** What puppetserver takes as a certname. */
const looseName = /^[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_-]*[a-z0-9_])*$/;

/**
 * Whether a name can be a certname at all. Throws AppError `bad_request` in the words of puppetserver, which agents and
 * operators know.
 */
export const checkCertname = (certname: string, policy: Pick<EffectivePolicy, "enforce_rfc1123">): void => {
  if (/\p{Lu}/u.test(certname)) throw refuse("Certificate names must be lower case.");
  if (certname.includes("*")) throw refuse(`Subject contains a wildcard, which is not allowed: ${printable(certname)}`);
  const fits = certname.length <= 253 && looseName.test(certname) && !certname.endsWith("-");
  // `ca` is what the bundle of the CA itself is asked for by
  if (!fits || certname === "ca") throw refuse("Subject hostname format is invalid");
  if (policy.enforce_rfc1123 && !hostName.test(certname)) {
    throw refuse("Subject hostname format is invalid: expected a host name as of RFC 1123");
  }
};

const printable = (text: string): string => text.replace(/[^ -~]/g, "?").slice(0, 100);

/** Whether a request is for this name and nothing but it. Throws AppError `bad_request`. */
export const checkSubject = (certname: string, facts: RequestFacts): void => {
  if (facts.certname === undefined) {
    throw refuse(`The subject of the request must be exactly one common name: CN=${printable(certname)}`);
  }
  if (facts.certname !== certname) {
    throw refuse(
      `Instance name "${printable(facts.certname)}" does not match requested key "${printable(certname)}"`,
    );
  }
};

/**
 * Whether a request can be signed by anyone at all: key, kinds of extensions, kinds of names. Nobody is granted pp_cli_auth
 * because a request asks for it. Throws AppError `bad_request`.
 */
export const checkRequest = (facts: RequestFacts, policy: EffectivePolicy): void => {
  checkKey(facts, policy);
  checkExtensions(facts.extensions, policy);
  checkNames(facts.altNames);
};

/**
 * Whether the space grants what the request asks for: alternative names, and rights (1.3.6.1.4.1.34380.1.3.*) where the
 * signer is `authorized`. Throws AppError `bad_request`.
 */
export const checkGrants = (
  certname: string,
  facts: RequestFacts,
  policy: EffectivePolicy,
  authorized: boolean,
): void => {
  if (!authorized) checkRights(certname, facts);
  checkAltNames(certname, facts.altNames, policy);
};

/** Whether a request asks for no rights (1.3.6.1.4.1.34380.1.3.*). Throws AppError `bad_request`. */
export const checkRights = (certname: string, { extensions }: Pick<RequestFacts, "extensions">): void => {
  if (!extensions.some(({ oid }) => isAuthorization(oid))) return;
  throw refuse(
    `CSR '${certname}' contains an authorization extension, which is disallowed. ` +
      "Only someone who may administer the CA can sign it, by its name",
  );
};

const checkKey = ({ key }: RequestFacts, { key_types, minimum_rsa_bits }: EffectivePolicy): void => {
  const least = Math.max(2048, minimum_rsa_bits);
  if (key.kind === "rsa") {
    if (key.bits < least) throw refuse(`The request has an RSA key of ${key.bits} bits, expected at least ${least}`);
    if (key.bits > 8192) throw refuse(`The request has an RSA key of ${key.bits} bits, expected at most 8192`);
    if (key.exponent < 65_537 || key.exponent % 2 === 0 || key.exponent === Infinity) {
      throw refuse("The request has an RSA key with a bad exponent, expected 65537");
    }
  } else if (key.kind !== "ec" || !["P-256", "P-384", "P-521"].includes(key.curve)) {
    throw refuse("The request has a key that is not supported, expected RSA, or ECDSA on P-256, P-384 or P-521");
  }
  if (key_types.length > 0 && !key_types.includes(key.kind)) {
    throw refuse(`The request has a key of the type ${key.kind}, expected ${key_types.join(" or ")}`);
  }
};

const checkExtensions = (extensions: readonly Extension[], policy: EffectivePolicy): void => {
  const foreign = extensions.map(({ oid }) => oid).filter((oid) => {
    if (oid === cliAuthOid) return true;
    const known = oid === oids.subjectAltName || oid.startsWith(registeredArc) || oid.startsWith(privateArc);
    return !known && !isAuthorization(oid) && !policy.allowed_extensions.includes(oid);
  });
  if (foreign.length > 0) throw refuse(`Found extensions that are not permitted: ${foreign.join(", ")}`);
};

/** The names that a request has besides its own. */
export const extraNames = (certname: string, names: readonly AltName[]): readonly AltName[] =>
  names.filter(({ kind, value }) => kind !== "DNS" || value !== certname);

const checkNames = (names: readonly AltName[]): void => {
  if (names.some(({ kind }) => kind === "other")) {
    throw refuse("Only DNS and IP names are allowed in the Subject Alternative Names extension");
  }
  const wild = names.find(({ value }) => value.includes("*"));
  if (wild) throw refuse(`Cert subjectAltName contains a wildcard, which is not allowed: ${printable(wild.value)}`);
};

const checkAltNames = (certname: string, names: readonly AltName[], policy: EffectivePolicy): void => {
  const extra = extraNames(certname, names);
  const shown = extra.map((each) => printable(showAltName(each))).join(", ");
  if (extra.length > 0 && !policy.allow_subject_alt_names) {
    throw refuse(
      `CSR '${certname}' contains extra subject alternative names (${shown}), which are disallowed. To allow subject ` +
        "alternative names, set HOPPETDB_CA_ALLOW_SUBJECT_ALT_NAMES, or allow_subject_alt_names in the policy of the space",
    );
  }
  if (names.length > policy.max_subject_alt_names) {
    throw refuse(
      `CSR '${certname}' has ${names.length} subject alternative names, expected at most ` +
        `${policy.max_subject_alt_names}`,
    );
  }
  const badName = extra.find(({ kind, value }) => kind === "DNS" && !hostName.test(value.toLowerCase()));
  if (badName) throw refuse(`The subject alternative name "${printable(badName.value)}" is no host name`);
  const patterns = policy.subject_alt_name_patterns.map((pattern) => RE2JS.compile(pattern));
  const stray = patterns.length > 0 && extra.find(({ value }) => !patterns.some((each) => each.matches(value)));
  if (stray) {
    throw refuse(`The subject alternative name "${printable(stray.value)}" is not one that CSR '${certname}' may have`);
  }
};
