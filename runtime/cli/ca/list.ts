import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import type { CertificateFilter, Certificates, CertificateSummary } from "../../../handlers/core/ca/types.ts";
import { caCommand } from "./command.ts";
import { type Listing, listingJson, listingText } from "./format-certificates.ts";
import { checkKnownNames } from "./names.ts";
import { withCa } from "./open.ts";

const formats = ["text", "json"];

export const list = caCommand({
  summary: "List certificates and CSRs",
  usage: ["list [--all] [--format text|json]", "list --certname NAME[,NAME] [--format text|json]"],
  description: [
    "List outstanding certificate requests. If --all is specified, signed and",
    "revoked certificates will be listed as well. Exit status 1: a name that was",
    "asked for is missing.",
  ],
  flags: {
    all: { kind: "switch", help: "List all certificates" },
    certname: { kind: "names", value: "NAME[,NAME]", help: "List the specified cert(s)" },
    format: { kind: "text", value: "FORMAT", help: "Valid formats are: 'text' (default), 'json'" },
  },
  check: ({ all, certname, format = "text" }) => [
    ...(formats.includes(format) ? [] : [`Unknown format flag '${format}'. Valid formats are 'text', 'json'.`]),
    ...(all && certname.length > 0 ? ["Cannot combine use of --all and --certname."] : []),
    ...checkKnownNames(certname),
  ],
  run: ({ all, certname, format }, terminal) =>
    withCa(terminal, {}, async ({ certificates }) => {
      const rows = certname.length > 0
        ? (await Promise.all([...new Set(certname)].sort().map((each) => read(certificates, { certname: each }))))
          .flat()
        : await read(certificates, all ? {} : { status: ["requested"] });
      const of = (status: string) => rows.filter((row) => row.status === status);
      const missing = certname.filter((name) => !rows.some((row) => row.certname === name));
      const listing: Listing = { requested: of("requested"), signed: of("signed"), revoked: of("revoked"), missing };
      terminal.out(format === "json" ? listingJson(listing, all) : listingText(listing).join("\n"));
      return missing.length > 0 ? 1 : 0;
    }),
});

const read = async (
  certificates: Pick<Certificates, "stream">,
  filter: CertificateFilter,
): Promise<readonly CertificateSummary[]> => {
  const found: CertificateSummary[] = [];
  for await (const rows of certificates.stream({ space: puppetSpace, ...filter })) found.push(...rows);
  return found;
};
