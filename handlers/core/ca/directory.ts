import { AppError } from "../../errors.ts";
import type { Changes } from "../../interfaces/changes.ts";
import type { Documents, Stored } from "../../interfaces/documents.ts";
import type { SigningKeys } from "../../interfaces/signer.ts";
import { keyIdentifierOf, type OpenCertificate, openCertificates } from "./authority-facts.ts";
import type { Issuer } from "./issue.ts";
import type { AuthorityDocument, SpaceDocument } from "./records.ts";

export type Directory = ReturnType<typeof createDirectory>;

type Known = {
  readonly authorities: ReadonlyMap<string, Stored<AuthorityDocument>>;
  readonly spaces: ReadonlyMap<string, Stored<SpaceDocument>>;
};

/** The authorities and spaces of the store, held in memory for as long as nobody changes one. */
export const createDirectory = (deps: {
  readonly documents: Documents;
  readonly changes: Changes;
  readonly keys: Pick<SigningKeys, "signer">;
}) => {
  const { documents, changes, keys } = deps;
  const opened = new Map<string, OpenCertificate>();
  let known: Promise<Known> | undefined;
  let asOf = "";

  const load = async (): Promise<Known> => {
    const [authorities, spaces] = await Promise.all([
      documents.find<AuthorityDocument>("ca_authorities"),
      documents.find<SpaceDocument>("ca_spaces"),
    ]);
    return {
      authorities: new Map(authorities.map((each) => [each.id, each])),
      spaces: new Map(spaces.map((each) => [each.id, each])),
    };
  };
  const now = (): Promise<Known> => {
    const version = `${changes.version("ca_authorities")} ${changes.version("ca_spaces")}`;
    if (!known || version !== asOf) {
      asOf = version;
      const loading = known = load();
      loading.catch(() => {
        if (known === loading) known = undefined;
      });
    }
    return known;
  };

  /** What isn't there may have been made by another process a moment ago: then it is looked for once more. */
  const lookUp = async <Kind extends keyof Known>(
    kind: Kind,
    id: string,
  ): Promise<NonNullable<ReturnType<Known[Kind]["get"]>> | undefined> => {
    type Found = NonNullable<ReturnType<Known[Kind]["get"]>> | undefined;
    const found = (await now())[kind].get(id) as Found;
    if (found) return found;
    known = undefined;
    return (await now())[kind].get(id) as Found;
  };
  const authority = async (id: string): Promise<Stored<AuthorityDocument>> => {
    const found = await lookUp("authorities", id);
    if (!found) throw new AppError("not_found", `There is no authority "${id}"`);
    return found;
  };
  const open = (each: AuthorityDocument): OpenCertificate => {
    let certificate = opened.get(each.certificate);
    if (!certificate) opened.set(each.certificate, certificate = openCertificates(each.certificate, "certificate")[0]!);
    return certificate;
  };

  return {
    now,
    lookUp,
    authority,
    open,
    space: async (id: string): Promise<Stored<SpaceDocument>> => {
      const found = await lookUp("spaces", id);
      if (!found) throw new AppError("not_found", `There is no space "${id}"`);
      return found;
    },
    /** An authority as it signs. Throws AppError `conflict` when it can't: revoked, waiting, or without a key here. */
    issuer: async (id: string): Promise<Issuer> => {
      const found = await authority(id);
      if (found.status !== "active") {
        throw new AppError("conflict", `Authority "${id}" is ${found.status}: it signs nothing`);
      }
      const certificate = open(found);
      return {
        id,
        name: certificate.subject,
        keyIdentifier: await keyIdentifierOf(certificate),
        notBefore: certificate.facts.notBefore,
        notAfter: certificate.facts.notAfter,
        signer: await keys.signer(id),
      };
    },
    /** An authority of ours and those above it that are ours, up to the root. */
    line: async (id: string): Promise<readonly Stored<AuthorityDocument>[]> => {
      const { authorities } = await now();
      const found: Stored<AuthorityDocument>[] = [];
      for (let at = authorities.get(id); at && !found.includes(at);) {
        found.push(at);
        at = at.parent_id === null ? undefined : authorities.get(at.parent_id);
      }
      return found;
    },
  };
};
