import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Change, Documents, Stored } from "../../interfaces/documents.ts";
import type { Log } from "../../interfaces/log.ts";
import { contended, createQueue } from "./contended.ts";
import { nextCrl } from "./crl.ts";
import { all, is, plainSerial, rowsOf, unknownName } from "./find.ts";
import type { Actor, AuthorityDocument, CertificateDocument, RevocationDocument, RevocationReason } from "./records.ts";
import type { Revocations } from "./revocations.ts";
import type { Certificates } from "./types.ts";

type Row = Stored<CertificateDocument>;
type How = {
  readonly by: Actor;
  readonly reason: RevocationReason;
  readonly force: boolean;
  /** Frees the name as well. */
  readonly clean: boolean;
};

/** The space of our own listeners' certificates. */
export const ownSpace = "hoppetdb";

/**
 * Revoking: the entry of the CRL, its next number and the record of the certificate change in one step, so that no process
 * sees one without the others, and nothing is forgotten whatever dies.
 */
export const createRevoke = (deps: {
  readonly documents: Documents;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that a CRL is valid. */
  readonly crlValidity: number;
  /** Whether a listener of this process shows that certificate. */
  readonly inUse: (certificate: { readonly authority: string; readonly serial: string }) => boolean;
}): Pick<Certificates, "revoke" | "revokeSerial" | "clean"> => {
  const { documents, revocations, clock, log, crlValidity, inUse } = deps;

  const guard = (rows: readonly Row[], force: boolean): void => {
    const now = clock.now();
    const own = rows.find(({ space, status, authority, serial, not_after }) =>
      status === "signed" && (not_after ?? 0) > now && authority !== null && serial !== null &&
      (space === ownSpace || inUse({ authority, serial }))
    );
    if (own && !force) {
      throw new AppError(
        "conflict",
        `The certificate of "${own.certname}" with serial ${own.serial} is one that hoppetdb's own listeners use: ` +
          "revoking it needs force",
      );
    }
  };

  /** The changes that revoke what is live of these rows; how many that are. */
  const changesOf = async (rows: readonly Row[], { by, reason, clean }: How): Promise<[Change[], number]> => {
    const now = clock.now();
    await revocations.fresh();
    const live = rows.filter(({ status, authority, serial }) =>
      status === "signed" && authority !== null && serial !== null
    );
    const lists: Change[] = [];
    const entries: Change[] = [];
    for (const id of new Set(live.map(({ authority }) => authority!))) {
      const stored = await documents.get<AuthorityDocument>("ca_authorities", id);
      if (!stored) continue;
      const { version, ...authority } = stored;
      const crl = nextCrl(authority.crl, now, crlValidity);
      lists.push({
        do: "replace",
        collection: "ca_authorities",
        document: { ...authority, crl } as AuthorityDocument,
        version,
      });
      for (const { serial, not_after } of live.filter((row) => row.authority === id)) {
        if (revocations.find(id, serial!)) continue;
        const document: RevocationDocument = {
          id: `${id}:${serial}`,
          authority: id,
          serial: serial!,
          number: crl.number,
          revoked_at: Math.floor(now / 1000) * 1000,
          reason,
          not_after,
        };
        entries.push({ do: "insert", collection: "ca_revocations", document });
      }
    }
    const records = rows.flatMap((row): Change[] => {
      const { version, ...rest } = row;
      if (row.status === "requested") return clean ? [{ do: "remove", collection: "ca_certificates", id: row.id }] : [];
      const revoked = row.status === "signed"
        ? {
          status: "revoked",
          revoked_at: now,
          revocation_reason: reason,
          decision: { by, reason: clean ? "Cleaned" : `Revoked: ${reason}`, at: now },
        } as const
        : {};
      if (row.status !== "signed" && !clean) return [];
      const document = { ...rest, ...revoked, ...(clean ? { cleaned_at: now, claim: null } : {}) };
      return [{ do: "replace", collection: "ca_certificates", document: document as CertificateDocument, version }];
    });
    return [[...entries, ...lists, ...records], live.length];
  };

  const apply = async (rows: readonly Row[], how: How): Promise<number> => {
    guard(rows, how.force);
    const [changes, count] = await changesOf(rows, how);
    if (changes.length > 0) await documents.change(changes);
    for (const { certname, serial, status } of rows) {
      if (status !== "signed") continue;
      log.info("Certificate was revoked", { certname, serial, reason: how.reason, by: how.by.name });
    }
    return count;
  };

  /** Who has a key has that of the certificates that it was renewed with, too; listeners of one name have keys of their own. */
  const sharing = async (row: Row, reason: RevocationReason): Promise<readonly Row[]> => {
    if (reason !== "keyCompromise" || row.space === ownSpace) return [row];
    const others = await rowsOf(documents, row);
    return [row, ...others.filter(({ id, status }) => id !== row.id && status === "signed")];
  };

  const queued = createQueue();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => queued(() => contended(work));

  return {
    revoke: ({ space, certname, by, reason = "unspecified", force = false }) =>
      inTurn(async () => {
        const rows = await rowsOf(documents, { space, certname });
        if (rows.length === 0) throw unknownName(certname);
        if (rows.every(({ status }) => status === "requested")) {
          throw new AppError("conflict", `Cannot revoke certificate for host ${certname} without a signed certificate`);
        }
        return await apply(rows, { by, reason, force, clean: false });
      }),

    revokeSerial: ({ authority, serial, by, reason = "unspecified", force = false }) =>
      inTurn(async () => {
        const plain = plainSerial(serial);
        const rows = await documents.find<CertificateDocument>("ca_certificates", {
          where: all(is("serial", plain), ...(authority === undefined ? [] : [is("authority", authority)])),
        });
        if (rows.length === 0) throw new AppError("not_found", `There is no certificate with serial ${plain}`);
        if (rows.length > 1) {
          const ids = rows.map((row) => row.authority).join(", ");
          throw new AppError(
            "conflict",
            `Several authorities have a certificate with serial ${plain}: name one of ${ids}`,
          );
        }
        return await apply(await sharing(rows[0]!, reason), { by, reason, force, clean: false });
      }),

    clean: ({ space, certname, by, force = false }) =>
      inTurn(async () => {
        const rows = await rowsOf(documents, { space, certname });
        if (rows.length === 0) throw unknownName(certname);
        return { revoked: await apply(rows, { by, reason: "unspecified", force, clean: true }) };
      }),
  };
};
