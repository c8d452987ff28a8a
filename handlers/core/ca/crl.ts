import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import { pemOf } from "../x509/pem.ts";
import { writeCrl, writeCrlEntry } from "../x509/write-crl.ts";
import { contended } from "./contended.ts";
import type { Directory } from "./directory.ts";
import { type AuthorityDocument, type CrlState, revocationReasons } from "./records.ts";
import type { Revocations, Revoked } from "./revocations.ts";
import type { CrlView } from "./types.ts";

export type Crls = ReturnType<typeof createCrls>;

const day = 86_400_000;

/** The state of the list that comes after this one. */
export const nextCrl = (crl: CrlState | null, now: number, validity: number): CrlState => {
  const second = Math.floor(now / 1000) * 1000;
  // whole seconds, and not the same twice: a reader goes by thisUpdate; but however many are revoked in a row, it must not
  // come to stand in the future, where it is written a day earlier
  const this_update = Math.max(second, Math.min((crl?.this_update ?? 0) + 1000, second + day / 2));
  return { number: (crl?.number ?? 0) + 1, this_update, next_update: this_update + validity };
};

/**
 * The CRLs of our authorities. What is on one follows from the store alone (number, dates, revocations), so every process
 * makes the same list, and none is stored. It is made when it is asked for and kept until there is a newer one.
 */
export const createCrls = (deps: {
  readonly documents: Documents;
  readonly directory: Directory;
  readonly revocations: Revocations;
  readonly clock: Clock;
  /** Milliseconds that a list is valid. */
  readonly validity: number;
}) => {
  const { documents, directory, revocations, clock, validity } = deps;
  // an entry's bytes are the same on every list that it is on
  const entries = new WeakMap<Revoked, Uint8Array<ArrayBuffer>>();
  const entryOf = (revoked: Revoked): Uint8Array<ArrayBuffer> => {
    let entry = entries.get(revoked);
    if (!entry) {
      const { serial, revoked_at: revokedAt, reason } = revoked;
      entries.set(revoked, entry = writeCrlEntry({ serial, revokedAt, reason: revocationReasons[reason] }));
    }
    return entry;
  };
  const made = new Map<string, { readonly state: CrlState; readonly view: Promise<CrlView> }>();

  const make = async (authority: AuthorityDocument, state: CrlState): Promise<CrlView> => {
    const { id } = authority;
    const issuer = await directory.issuer(id);
    // the number may be from a change that was noticed nowhere yet: its revocations belong to it
    await revocations.read();
    // for clocks that are behind, as with certificates
    const thisUpdate = state.this_update - day;
    // an expired certificate is refused anyway
    const listed = [...revocations.of(id).values()].filter(({ number, not_after }) =>
      number <= state.number && (not_after === null || not_after >= thisUpdate)
    );
    const der = await writeCrl({
      issuer: issuer.name,
      keyIdentifier: issuer.keyIdentifier,
      number: state.number,
      thisUpdate,
      nextUpdate: state.next_update,
      entries: listed.map(entryOf),
    }, issuer.signer);
    return { authority: id, ...state, entries: listed.length, der, pem: pemOf(der, "X509 CRL") };
  };

  const current = async (id: string): Promise<CrlView> => {
    const authority = await directory.authority(id);
    const { crl: state } = authority;
    if (!state) throw new AppError("conflict", `Authority "${id}" makes no CRL here: its key is not here`);
    const known = made.get(id);
    if (known && known.state.number === state.number && known.state.this_update === state.this_update) {
      return await known.view;
    }
    const view = make(authority, state);
    made.set(id, { state, view });
    view.catch(() => made.get(id)?.view === view && made.delete(id));
    return await view;
  };

  return {
    /** Throws AppError `conflict` for an authority that can't sign here. */
    current,
    /** A new list with new dates, though nothing was revoked. */
    renew: async (id: string): Promise<CrlView> => {
      await contended(async () => {
        const stored = await documents.get<AuthorityDocument>("ca_authorities", id);
        if (!stored) throw new AppError("not_found", `There is no authority "${id}"`);
        const { version, ...authority } = stored;
        const crl = nextCrl(authority.crl, clock.now(), validity);
        await documents.replace<AuthorityDocument>(
          "ca_authorities",
          { ...authority, crl } as AuthorityDocument,
          version,
        );
      });
      return await current(id);
    },
    /** Those whose lists have passed half of their time, long before they lapse, or were made by a clock that was ahead. */
    due: async (): Promise<readonly string[]> => {
      const now = clock.now();
      return [...(await directory.now()).authorities.values()].filter(({ status, has_key, crl }) =>
        status === "active" && has_key && crl !== null &&
        (crl.next_update - now < validity / 2 || crl.this_update > now + day)
      ).map(({ id }) => id);
    },
  };
};
