import type { Policy, Space } from "./records.ts";

/** A space's policy with everything in it decided. Times are seconds. */
export type EffectivePolicy = { readonly [Key in keyof Policy]: NonNullable<Policy[Key]> };

/** What a space that says nothing else does: as Puppet's CA, but that certificates may be renewed. */
export const defaultPolicy: EffectivePolicy = {
  ttl: 5 * 365 * 86_400,
  auto_renewal_ttl: 90 * 86_400,
  allow_renewal: true,
  autosign: "off",
  autosign_known_nodes: false,
  key_types: [],
  minimum_rsa_bits: 2048,
  enforce_rfc1123: true,
  allow_subject_alt_names: false,
  subject_alt_name_patterns: [],
  max_subject_alt_names: 10,
  subject_alt_name_templates: [],
  allowed_extensions: [],
};

/** A policy that leaves everything to the configuration. */
export const openPolicy: Policy = {
  ttl: null,
  auto_renewal_ttl: null,
  allow_renewal: null,
  autosign: null,
  autosign_known_nodes: null,
  key_types: [],
  minimum_rsa_bits: null,
  enforce_rfc1123: null,
  allow_subject_alt_names: null,
  subject_alt_name_patterns: [],
  max_subject_alt_names: null,
  subject_alt_name_templates: [],
  allowed_extensions: [],
};

/** The space's own words, over those of the configuration. */
export const policyOf = (space: Pick<Space, "policy">, configured: EffectivePolicy): EffectivePolicy => {
  const said = Object.entries(space.policy).filter(([, value]) => value !== null);
  return { ...configured, ...Object.fromEntries(said) };
};
