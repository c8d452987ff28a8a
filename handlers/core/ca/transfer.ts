import { AppError } from "../../errors.ts";
import type { Clock } from "../../interfaces/clock.ts";
import type { Documents } from "../../interfaces/documents.ts";
import type { SigningKeys } from "../../interfaces/signer.ts";
import { pemOf } from "../x509/pem.ts";
import type { Directory } from "./directory.ts";
import { importPuppetCa } from "./import-puppet-ca.ts";
import { writeInventoryLine } from "./inventory.ts";
import { puppetSpace } from "./spaces.ts";
import type { Certificates, Spaces, Transfer } from "./types.ts";

/** Taking a Puppetserver's CA over, and giving one back: in its own layout, so that a Puppetserver goes on with it. */
export const createTransfer = (deps: {
  readonly documents: Documents;
  readonly directory: Directory;
  readonly keys: SigningKeys;
  readonly certificates: Pick<Certificates, "stream" | "get">;
  readonly spaces: Pick<Spaces, "bundle" | "crls">;
  readonly clock: Clock;
  readonly crlValidity: number;
}): Transfer => {
  const { directory, keys, certificates, spaces } = deps;
  const filter = (authority: string) => ({ authority, include_cleaned: true });

  return {
    importPuppetCa: (files, onProgress) => importPuppetCa(deps, files, onProgress),

    exportPuppetCa: async () => {
      const { ca_id } = await directory.space(puppetSpace).catch(() => {
        throw new AppError("not_found", "There is no CA to be exported");
      });
      let highest = 0n;
      for await (const rows of certificates.stream(filter(ca_id))) {
        for (const { serial } of rows) {
          // Puppet counts serials up; ours are random, so it is to go on beyond those that count
          const number = serial === null ? 0n : BigInt(`0x${serial}`);
          if (number < 1n << 62n && number > highest) highest = number;
        }
      }
      return {
        caCert: await spaces.bundle(puppetSpace),
        caKey: pemOf(await keys.exportKey(ca_id), "PRIVATE KEY"),
        caCrl: (await spaces.crls(puppetSpace)).pem,
        serial: (highest + 1n).toString(16).toUpperCase().padStart(4, "0"),
        inventory: (async function* () {
          for await (const rows of certificates.stream(filter(ca_id))) {
            for (const { serial, not_before, not_after, certname } of rows) {
              if (serial === null || not_before === null || not_after === null) continue;
              yield writeInventoryLine({ serial, notBefore: not_before, notAfter: not_after, certname });
            }
          }
        })(),
        signed: (async function* () {
          // one file a name, as Puppet has it: the newest
          let last: { readonly certname: string; readonly id: string; readonly signed_at: number } | undefined;
          const file = async (of: { readonly certname: string; readonly id: string }) => {
            const pem = (await certificates.get(of.id))?.certificate;
            return pem ? [{ name: of.certname, pem }] : [];
          };
          for await (const rows of certificates.stream({ authority: ca_id, space: puppetSpace })) {
            for (const { certname, id, signed_at, status } of rows) {
              if (status === "requested") continue;
              if (last && last.certname !== certname) yield* await file(last);
              if (last?.certname !== certname || last.signed_at < (signed_at ?? 0)) {
                last = { certname, id, signed_at: signed_at ?? 0 };
              }
            }
          }
          if (last) yield* await file(last);
        })(),
      };
    },
  };
};
