import { AppError } from "../../errors.ts";
import type { KeyKind } from "../../interfaces/signer.ts";
import { puppetSpace } from "./spaces.ts";
import { ownSpace } from "./revoke.ts";
import type { Authorities, By, Spaces } from "./types.ts";

/** Which keys the first authorities get. */
export const keyChoices = {
  rsa: ["rsa-4096", "rsa-3072"],
  "p-256": ["p-256", "p-256"],
  "p-384": ["p-384", "p-384"],
} as const;
export type KeyChoice = keyof typeof keyChoices;

const by: By = { by: { kind: "command", name: "first start" } };

/** What another process made meanwhile is as good. */
const unlessThere = async (make: () => Promise<unknown>): Promise<void> => {
  try {
    await make();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "conflict") throw error;
  }
};

/**
 * Makes what a store without a CA needs: a root, an intermediate that signs, and the two spaces. Each step is done only
 * where it wasn't, so that a process that died in between, or two at once, end with one CA. False: it was there.
 */
export const makeFirstAuthority = async (
  { authorities, spaces }: { readonly authorities: Authorities; readonly spaces: Spaces },
  /** `host`: what the CA is named after; `mark`: what tells it from others of that name. */
  { host, mark, keys }: { readonly host: string; readonly mark: string; readonly keys: KeyChoice },
): Promise<boolean> => {
  if (await spaces.get(ownSpace)) return false;
  const [root, signing]: readonly [KeyKind, KeyKind] = keyChoices[keys];
  if (!await spaces.get(puppetSpace)) {
    const above = `${puppetSpace}-root`;
    await unlessThere(() => authorities.create({ id: above, cn: `Puppet Root CA: ${mark}`, key: root, ...by }));
    await unlessThere(() =>
      authorities.create({ id: puppetSpace, parent_id: above, cn: `Puppet CA: ${host}`, key: signing, ...by })
    );
    await unlessThere(() =>
      spaces.create({ id: puppetSpace, ca_id: puppetSpace, description: "Agents and servers: /puppet-ca/v1", ...by })
    );
  }
  const { ca_id } = (await spaces.get(puppetSpace))!;
  await unlessThere(() =>
    spaces.create({ id: ownSpace, ca_id, description: "The listeners of hoppetdb itself", ...by })
  );
  return true;
};
