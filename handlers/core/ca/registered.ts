import type { Documents } from "../../interfaces/documents.ts";
import type { Directory } from "./directory.ts";
import { all, is } from "./find.ts";
import type { Certificate, CertificateDocument } from "./records.ts";
import type { Revocations } from "./revocations.ts";
import { ownSpace } from "./revoke.ts";
import { puppetSpace } from "./spaces.ts";

/** A certificate of a verified chain, and who signed it. */
export type Link = {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  /** SHA-256 over the issuer's SubjectPublicKeyInfo, hex. */
  readonly issuerKeyId: string;
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
};
/** `foreign`: signed by an authority that is not ours; what that is good for is told by its CRL. */
export type Standing = "good" | "revoked" | "not registered" | "foreign";

const mostKnown = 100_000;
/** A certname says who somebody is in these only: another space may give the same name to somebody else. */
const believed = [puppetSpace, ownSpace];

/**
 * What the records say of a certificate whose chain was verified: a signature of ours is not enough, it must be one that we
 * know to have made, and not revoked by now. Records are never deleted, so what was found once need not be asked for again;
 * revocations are looked at each time.
 */
export const createRegistered = (deps: {
  readonly documents: Pick<Documents, "find">;
  readonly directory: Directory;
  readonly revocations: Revocations;
}) => {
  const { documents, directory, revocations } = deps;
  const known = new Set<string>();

  return async ({ serial, issuerKeyId, fingerprint }: Link): Promise<Standing> => {
    const { authorities } = await directory.now();
    const authority = [...authorities.values()].find((each) => each.key_id === issuerKeyId);
    if (!authority) return "foreign";
    await revocations.fresh();
    if (revocations.find(authority.id, serial)) return "revoked";
    const key = `${authority.id}:${serial}:${fingerprint}`;
    if (known.has(key)) return "good";
    const isAuthority = [...authorities.values()].some((each) =>
      each.serial === serial && each.parent_id === authority.id
    );
    if (!isAuthority) {
      const [row] = await documents.find<CertificateDocument>("ca_certificates", {
        where: all(is("authority", authority.id), is("serial", serial)),
        fields: ["space", "fingerprint", "status"] satisfies (keyof Certificate)[],
      });
      if (!row || !believed.includes(row.space)) return "not registered";
      if (row.fingerprint !== null && row.fingerprint !== fingerprint) return "not registered";
      if (row.status === "revoked") return "revoked";
    }
    if (known.size >= mostKnown) known.clear();
    known.add(key);
    return "good";
  };
};
