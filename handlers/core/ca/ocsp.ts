import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import { DerError, hexOf } from "../x509/der.ts";
import {
  type CertId,
  ocspRefusal,
  type OcspRequest,
  type OcspStatus,
  readOcspRequest,
  writeOcspResponse,
} from "../x509/ocsp.ts";
import { keyIdentifier, publicKeyBits } from "../x509/public-key.ts";
import type { Directory } from "./directory.ts";
import { all, is } from "./find.ts";
import { type AuthorityDocument, revocationReasons } from "./records.ts";
import type { Revocations } from "./revocations.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How long a client may keep an answer: revocations count at once where we are asked, not where an answer is kept. */
const keepFor = 3_600_000;

/** Answers what is known of a certificate now (RFC 6960), signed by the authority that issued it. */
export const createOcsp = (deps: {
  readonly documents: Pick<Documents, "count">;
  readonly directory: Directory;
  readonly revocations: Revocations;
  readonly clock: Clock;
}) => {
  const { documents, directory, revocations, clock } = deps;

  const isOf = async (authority: AuthorityDocument, { hash, issuerNameHash, issuerKeyHash }: CertId) => {
    if (!hash || authority.certificate === "") return false;
    const { subject, publicKey } = directory.open(authority);
    const digest = async (bytes: Bytes) => hexOf(new Uint8Array(await crypto.subtle.digest(hash, bytes)));
    if (await digest(subject) !== issuerNameHash) return false;
    return hash === "SHA-1"
      ? hexOf(await keyIdentifier(publicKey)) === issuerKeyHash
      : await digest(publicKeyBits(publicKey)) === issuerKeyHash;
  };
  const issuerOf = async (certId: CertId): Promise<AuthorityDocument | undefined> => {
    for (const each of (await directory.now()).authorities.values()) if (await isOf(each, certId)) return each;
    return undefined;
  };
  const statusOf = async (authority: string, serial: string): Promise<OcspStatus> => {
    const revoked = revocations.find(authority, serial);
    if (revoked) return { kind: "revoked", at: revoked.revoked_at, reason: revocationReasons[revoked.reason] };
    const known = await documents.count("ca_certificates", all(is("authority", authority), is("serial", serial)));
    if (known > 0) return { kind: "good" };
    const { authorities } = await directory.now();
    const below = [...authorities.values()].some((each) => each.parent_id === authority && each.serial === serial);
    return { kind: below ? "good" : "unknown" };
  };

  /** DER in, DER out; what can't be read or is not ours is refused in OCSP's own words. */
  return async (der: Bytes): Promise<Bytes> => {
    let request: OcspRequest;
    try {
      request = readOcspRequest(der);
    } catch (error) {
      if (error instanceof DerError) return ocspRefusal("malformed");
      throw error;
    }
    const issuers = await Promise.all(request.certIds.map(issuerOf));
    const authority = issuers.find((each) => each?.status === "active" && each.has_key);
    if (!authority) return ocspRefusal("unauthorized");
    await revocations.fresh();
    const statuses = await Promise.all(request.certIds.map(async (certId, at) => ({
      certId,
      status: issuers[at]?.id === authority.id
        ? await statusOf(authority.id, certId.serial)
        : { kind: "unknown" } as const,
    })));
    const { signer } = await directory.issuer(authority.id);
    const now = clock.now();
    return await writeOcspResponse({
      keyIdentifier: await keyIdentifier(signer.publicKey),
      now,
      nextUpdate: now + keepFor,
      statuses,
      nonce: request.nonce,
    }, signer);
  };
};
