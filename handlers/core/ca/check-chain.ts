import { AppError } from "../../errors.ts";
import { isSignedBy } from "../x509/verify-signature.ts";
import { checkAuthority, type OpenCertificate } from "./authority-facts.ts";

const wrong = (message: string) => new AppError("invalid", message, { field: "chain" });

/**
 * Whether these certificates lead, each signed by the next one, from an authority to a self-signed root. Throws AppError
 * `invalid` that names the certificate at fault.
 */
export const checkChain = async (authority: OpenCertificate, above: readonly OpenCertificate[]): Promise<void> => {
  const chain = [authority, ...above];
  chain.forEach((each, at) => checkAuthority(each, at === 0 ? "certificate" : "chain"));
  for (const [at, each] of chain.entries()) {
    const next = chain[at + 1];
    const { subject, issuer } = each.facts;
    const signer = next ?? each;
    if (signer.facts.subject.der !== issuer.der) {
      throw wrong(
        next
          ? `"${subject.text}" is signed by "${issuer.text}", but "${next.facts.subject.text}" comes next`
          : `The chain ends at "${subject.text}", which is signed by "${issuer.text}": expected up to the root`,
      );
    }
    if (!await isSignedBy(each.der, signer.publicKey)) {
      throw wrong(`"${subject.text}" is not signed by the key of "${signer.facts.subject.text}"`);
    }
  }
};
