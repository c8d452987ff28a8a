import { puppetSpace } from "../core/ca/spaces.ts";
import type { Ca } from "../core/ca/types.ts";
import { readCrl } from "../core/x509/crl.ts";
import { pemBlocks } from "../core/x509/pem.ts";
import { utc } from "./text.ts";

/**
 * `expirations`, JSON: until when the authorities and their CRLs are valid, by common name. A list of many entries is read
 * once, not each time that an agent asks.
 */
export const createExpirations = ({ authorities, spaces }: Pick<Ca, "authorities" | "spaces">) => {
  let known: { readonly etag: string; readonly crls: Readonly<Record<string, string>> } | undefined;

  return async (): Promise<string> => {
    const list = await spaces.crls(puppetSpace);
    if (known?.etag !== list.etag) {
      const crls = pemBlocks(list.pem, "X509 CRL").map(readCrl);
      const next = crls.map(({ issuer, nextUpdate }) => [commonNameOf(issuer.text), utc(nextUpdate ?? 0)]);
      known = { etag: list.etag, crls: Object.fromEntries(next) };
    }
    const active = (await authorities.list()).filter(({ status }) => status === "active");
    return JSON.stringify({
      "ca-certs": Object.fromEntries(active.map((each) => [each.cn, utc(each.not_after)])),
      crls: known.crls,
    });
  };
};

const commonNameOf = (issuer: string): string => /CN=((?:\\.|[^,\\])*)/.exec(issuer)?.[1] ?? issuer;
