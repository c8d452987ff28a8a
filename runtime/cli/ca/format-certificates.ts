import type { CertificateSummary } from "../../../handlers/core/ca/types.ts";
import { statusJson } from "../../../handlers/puppet-ca/status-json.ts";

export type State = "requested" | "signed" | "revoked";
/** What a listing shows. */
export type Listing = Readonly<Record<State, readonly CertificateSummary[]>> & {
  /** Names that were asked for, and are not there. */
  readonly missing: readonly string[];
};

const states: readonly State[] = ["requested", "signed", "revoked"];

/** The lines of `puppetserver ca list`. */
export const listingText = (listing: Listing): string[] => {
  const lines = [
    ...states.flatMap((state) => {
      const rows = listing[state];
      return rows.length === 0 ? [] : [`${state[0]!.toUpperCase()}${state.slice(1)} Certificates:`, ...block(rows)];
    }),
    ...(listing.missing.length === 0 ? [] : ["Missing Certificates:"]),
    ...listing.missing.map((name) => `    ${name}`),
  ];
  return lines.length === 0 ? ["No certificates to list"] : lines;
};

const block = (rows: readonly CertificateSummary[]): string[] => {
  const width = rows.reduce((most, { certname }) => Math.max(most, certname.length), 0) + 6;
  return rows.map(({ certname, fingerprints, serial, subject_alt_names, authorization_extensions }) => {
    const rights = Object.entries(authorization_extensions).map(([name, value]) => `${name}: ${value}`);
    // of what was imported without its file nothing but the serial is known
    const sum = fingerprints?.SHA256 ?? `not known, serial 0x${serial}`;
    return [
      `    ${certname.padEnd(width)} (SHA256)  ${sum}`,
      ...(subject_alt_names.length === 0
        ? []
        : [`alt names: [${subject_alt_names.map((name) => JSON.stringify(name)).join(", ")}]`]),
      ...(rights.length === 0 ? [] : [`authorization extensions: [${rights.join(", ")}]`]),
    ].join("\t");
  });
};

/** The JSON of `puppetserver ca list --format json`: with `all` every state, else those that have something. */
export const listingJson = (listing: Listing, all: boolean): string => {
  const shown = states.filter((state) => all || listing[state].length > 0);
  const groups = [
    ...shown.map((state) => `"${state}":[${listing[state].map(statusJson).join(",")}]`),
    ...(!all && listing.missing.length > 0 ? [`"missing":${JSON.stringify(listing.missing)}`] : []),
  ];
  return groups.length === 0 ? '{"requested":[]}' : `{${groups.join(",")}}`;
};
