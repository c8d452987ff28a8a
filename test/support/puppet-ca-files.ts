import type { PuppetCaFiles } from "../../handlers/core/ca/types.ts";
import { writeInventoryLine } from "../../handlers/core/ca/inventory.ts";
import type { Authority, Issued } from "./certificates.ts";

/** A Puppetserver's CA as its files say it: root above, `ca` signs; each in `signed` is a file, each revoked one on the CRL. */
export const puppetCaFiles = async (
  estate: { readonly root: Authority; readonly ca: Authority },
  what: {
    readonly signed: readonly (readonly [name: string, certificate: Issued])[];
    readonly revoked?: readonly string[];
    /** Lines of inventory.txt for those that have no file any more: serial (hex) and name. */
    readonly gone?: readonly (readonly [serial: string, name: string])[];
  },
): Promise<PuppetCaFiles> => {
  const { root, ca } = estate;
  const line = (serial: string, certname: string) =>
    writeInventoryLine({
      serial,
      certname,
      notBefore: Date.now() - 86_400_000,
      notAfter: Date.now() + 30 * 86_400_000,
    });
  return {
    caCert: ca.cert + root.cert,
    caKey: ca.key,
    caCrl: await ca.crl(what.revoked ?? []) + await root.crl(),
    serial: "00FF",
    inventory: [
      ...what.signed.map(([name, { serial }]) => line(serial, name)),
      ...(what.gone ?? []).map(([serial, name]) => line(serial, name)),
      "",
    ].join("\n"),
    signed: (async function* () {
      for (const [name, { cert }] of what.signed) yield await Promise.resolve({ name, pem: cert });
    })(),
  };
};
