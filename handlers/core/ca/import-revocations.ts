import type { Change, Documents } from "../../interfaces/documents.ts";
import { contended } from "./contended.ts";
import { nextCrl } from "./crl.ts";
import { all, is } from "./find.ts";
import type { Actor, AuthorityDocument, CertificateDocument, RevocationDocument, RevocationReason } from "./records.ts";

/** An entry of a list that was made elsewhere. */
export type ImportedRevocation = {
  readonly serial: string;
  readonly revokedAt: number;
  readonly reason: RevocationReason;
  /** Null where it is not known. */
  readonly notAfter: number | null;
};

const batch = 200;

/**
 * Takes over the revocations of an authority that was one elsewhere; those that are known are left alone. Each part of
 * them comes with the next number of its CRL, in one step, so that every running process takes notice; a certificate that
 * counts as signed here is revoked with it.
 */
export const importRevocations = async (
  { documents, crlValidity, now, by }: {
    readonly documents: Documents;
    readonly crlValidity: number;
    readonly now: number;
    readonly by: Actor;
  },
  authority: string,
  revocations: readonly ImportedRevocation[],
  onProgress: (done: number) => void,
): Promise<void> => {
  const there = await documents.find<RevocationDocument>("ca_revocations", {
    where: is("authority", authority),
    fields: ["serial"],
  });
  const known = new Set(there.map(({ serial }) => serial));
  const missing = revocations.filter(({ serial }) => !known.has(serial));
  for (let from = 0; from < missing.length; from += batch) {
    const part = missing.slice(from, from + batch);
    await contended(async () => {
      const stored = await documents.get<AuthorityDocument>("ca_authorities", authority);
      if (!stored?.crl) return;
      const { version, ...document } = stored;
      const crl = nextCrl(stored.crl, now, crlValidity);
      const changes: Change[] = [];
      for (const each of part) {
        const { serial, revokedAt: revoked_at, reason, notAfter: not_after } = each;
        const id = `${authority}:${serial}`;
        if (await documents.get("ca_revocations", id)) continue;
        const entry: RevocationDocument = { id, authority, serial, number: crl.number, revoked_at, reason, not_after };
        changes.push({ do: "insert", collection: "ca_revocations", document: entry });
        changes.push(...await revokedHere(documents, entry, by, now));
      }
      const list = { ...document, crl } as AuthorityDocument;
      await documents.change([...changes, { do: "replace", collection: "ca_authorities", document: list, version }]);
    });
    onProgress(part.length);
  }
};

/** The record of a certificate that was imported, or made here, before it was revoked there. */
const revokedHere = async (
  documents: Documents,
  { authority, serial, revoked_at, reason }: RevocationDocument,
  by: Actor,
  now: number,
): Promise<Change[]> => {
  const rows = await documents.find<CertificateDocument>("ca_certificates", {
    where: all(is("authority", authority), is("serial", serial), is("status", "signed")),
  });
  return rows.map(({ version, ...row }) => ({
    do: "replace",
    collection: "ca_certificates",
    version,
    document: {
      ...row,
      status: "revoked",
      revoked_at,
      revocation_reason: reason,
      decision: { by, reason: "Revoked where it was imported from", at: now },
    } as CertificateDocument,
  }));
};
