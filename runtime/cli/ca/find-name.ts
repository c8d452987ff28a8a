import type { Certificate } from "../../../handlers/core/ca/records.ts";
import { ownSpace } from "../../../handlers/core/ca/revoke.ts";
import { puppetSpace } from "../../../handlers/core/ca/spaces.ts";
import type { Certificates } from "../../../handlers/core/ca/types.ts";

/** Where a name is: among the agents' or, where none of theirs has it, among those of hoppetdb's own listeners. */
export const findName = async (
  certificates: Pick<Certificates, "current">,
  certname: string,
): Promise<{ readonly space: string; readonly status: Certificate["status"] | undefined }> => {
  for (const space of [puppetSpace, ownSpace]) {
    const found = await certificates.current({ space, certname });
    if (found) return { space, status: found.status };
  }
  return { space: puppetSpace, status: undefined };
};
