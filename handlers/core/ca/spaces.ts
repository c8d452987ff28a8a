import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import { contended } from "./contended.ts";
import type { Crls } from "./crl.ts";
import type { Directory } from "./directory.ts";
import { all, is, isNull } from "./find.ts";
import { openPolicy } from "./policy.ts";
import type { AuthorityDocument, Policy, Space, SpaceDocument } from "./records.ts";
import { ownSpace } from "./revoke.ts";
import type { Spaces } from "./types.ts";

/** The space of /puppet-ca/v1. */
export const puppetSpace = "puppet-ca";
const minute = 60_000;

/** Named realms: which authority signs, by which policy, and which ones did before. */
export const createSpaces = (deps: {
  readonly documents: Documents;
  readonly directory: Directory;
  readonly crls: Crls;
  readonly clock: Clock;
}): Spaces => {
  const { documents, directory, crls, clock } = deps;
  const bundles = new Map<
    string,
    { readonly asOf: string; readonly authorities: Promise<readonly AuthorityDocument[]> }
  >();

  const checkSigner = async (id: string): Promise<void> => {
    const authority = await directory.lookUp("authorities", id);
    if (!authority) throw new AppError("invalid", `There is no authority "${id}"`, { field: "ca_id" });
    if (authority.status === "active" && authority.has_key) return;
    const why = authority.status === "active" ? "its key is not here" : `it is ${authority.status}`;
    throw new AppError("invalid", `Authority "${id}" cannot sign: ${why}`, { field: "ca_id" });
  };
  const live = (authority: string): Promise<number> =>
    documents.count(
      "ca_certificates",
      all(
        is("authority", authority),
        is("status", "signed"),
        { op: ">", left: { field: "not_after" }, right: clock.now() },
        isNull("cleaned_at"),
      ),
    );

  /** Whom the space trusts: who signs, those above, and the earlier ones while a certificate of theirs lives. */
  const trusted = async (id: string): Promise<readonly AuthorityDocument[]> => {
    const space = await directory.space(id);
    const earlier = await Promise.all(
      space.ca_id_history.filter((each) => each !== space.ca_id).toReversed().map(async (each) =>
        await live(each) > 0 ? [each] : []
      ),
    );
    const lines = await Promise.all([space.ca_id, ...earlier.flat()].map(directory.line));
    return [...new Set(lines.flat())].filter(({ status }) => status !== "pending");
  };
  /** The same for a minute: an authority that falls out may do so a little late. */
  const trustedNow = async (id: string): Promise<readonly AuthorityDocument[]> => {
    const space = await directory.space(id);
    const versions = [...(await directory.now()).authorities.values()].map((each) =>
      `${each.id}=${each.key_id}${each.status}`
    );
    const asOf = `${space.version} ${Math.floor(clock.now() / minute)} ${versions.join()}`;
    let known = bundles.get(id);
    if (known?.asOf !== asOf) {
      bundles.set(id, known = { asOf, authorities: trusted(id) });
      known.authorities.catch(() => bundles.delete(id));
    }
    // what they are now, CRL numbers included
    const { authorities } = await directory.now();
    return (await known.authorities).map((each) => authorities.get(each.id) ?? each);
  };

  return {
    list: async () => [...(await directory.now()).spaces.values()],
    get: (id) => directory.lookUp("spaces", id),

    create: async ({ id, ca_id, description = "", policy = {} }) => {
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
        throw new AppError("invalid", `"${id}" cannot be an id, expected letters, digits, _ and -`, { field: "id" });
      }
      await checkSigner(ca_id);
      return await documents.insert<SpaceDocument>("ca_spaces", {
        id,
        description,
        ca_id,
        ca_id_history: [],
        created_at: clock.now(),
        policy: { ...openPolicy, ...policy },
      });
    },

    update: (id, { ca_id, description, policy = {}, seen }) =>
      contended(async () => {
        const stored = await documents.get<SpaceDocument>("ca_spaces", id);
        if (!stored) throw new AppError("not_found", `There is no space "${id}"`);
        await seen?.(stored);
        if (ca_id !== undefined) await checkSigner(ca_id);
        const { version, ...before } = stored;
        const moved = ca_id !== undefined && ca_id !== before.ca_id;
        const said = Object.entries(policy).filter(([, value]) => value !== undefined);
        const space: Space = {
          ...(before as SpaceDocument),
          ...(description === undefined ? {} : { description }),
          policy: { ...before.policy, ...Object.fromEntries(said) } as Policy,
          ...(moved
            ? { ca_id, ca_id_history: [...before.ca_id_history.filter((each) => each !== ca_id), before.ca_id] }
            : {}),
        };
        return await documents.replace<SpaceDocument>("ca_spaces", space as SpaceDocument, version);
      }),

    remove: async (id) => {
      if (id === puppetSpace || id === ownSpace) throw new AppError("invalid", `Space "${id}" cannot be removed`);
      if (await documents.count("ca_certificates", is("space", id)) > 0) {
        throw new AppError("invalid", `Space "${id}" cannot be removed: certificates of it exist`);
      }
      return await documents.remove("ca_spaces", id);
    },

    progress: async (id) => {
      const { ca_id, ca_id_history } = await directory.space(id);
      const ids = [ca_id, ...ca_id_history.filter((each) => each !== ca_id).toReversed()];
      return await Promise.all(
        ids.map(async (authority) => ({ authority, current: authority === ca_id, live: await live(authority) })),
      );
    },

    bundle: async (id) => {
      const pems = (await trustedNow(id)).flatMap(({ certificate, chain }) => [certificate, ...chain]);
      return [...new Set(pems)].join("");
    },

    crls: async (id) => {
      const authorities = await trustedNow(id);
      const made = await Promise.all(authorities.map(async (each) => ({
        own: each.has_key && each.status === "active" && each.crl ? await crls.current(each.id) : undefined,
        external: each.external_crls,
      })));
      const pems = made.flatMap(({ own, external }) => [...(own ? [own.pem] : []), ...external]);
      const own = made.flatMap((each) => each.own ?? []);
      return {
        pem: [...new Set(pems)].join(""),
        lastModified: Math.max(0, ...own.map(({ this_update }) => this_update)),
        etag: `"${own.map(({ authority, number }) => `${authority}.${number}`).join("+")}+${pems.length}"`,
      };
    },
  };
};
