import { RE2JS } from "re2js";
import { type AltName, parseAltName } from "../x509/alt-names.ts";
import type { EffectivePolicy } from "./policy.ts";

/** The names that a space adds by itself to the certificates of matching certnames. */
export const injectedNames = (
  certname: string,
  { subject_alt_name_templates }: Pick<EffectivePolicy, "subject_alt_name_templates">,
): AltName[] =>
  subject_alt_name_templates.flatMap(({ pattern, names }) => {
    const matcher = RE2JS.compile(pattern).matcher(certname);
    if (!matcher.matches()) return [];
    const filled = names.map((name) =>
      name.replace(
        /\{(certname|\d)\}/g,
        (_, key: string) =>
          key === "certname" ? certname : Number(key) <= matcher.groupCount() ? matcher.group(Number(key)) ?? "" : "",
      )
    );
    return filled.map(parseAltName).filter((name) => name !== undefined);
  });
