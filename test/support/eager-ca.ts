import { expect } from "vitest";
import { createTestCa } from "./ca.ts";
import { createTestApi } from "./ca-api.ts";
import { altNames, attribute, challengePassword, newKey, requestDer, stringExtension } from "./ca-requests.ts";

export const certname = "web01.example.test";
export const puppet = "1.3.6.1.4.1.34380.1";

/** A CA that signs everything by itself: what should not be taken would at once be a certificate. */
export const createEagerCa = async () => {
  const ca = await createTestCa({ policy: { autosign: "all", allow_subject_alt_names: true } });
  const api = await createTestApi(ca);
  const key = await newKey();
  const records = () => ca.certificates.count({ include_cleaned: true });
  return {
    ca,
    api,
    key,
    /** A request that would be taken. */
    whole: await requestDer(certname, {
      key,
      extensions: [stringExtension(`${puppet}.1.13`, "web"), altNames(certname, "www.example.test")],
      attributes: [challengePassword("secret"), attribute(`${puppet}.3.2`, "true")],
    }),
    /** Puts one, and gives the text of the refusal: 400, and nothing is left. */
    refused: async (pem: string, name = certname): Promise<string> => {
      const before = await records();
      const { status, body, type } = await api.put(name, pem);
      expect([status, type, await records() - before]).toEqual([400, "text/plain;charset=utf-8", 0]);
      expect(body).toMatch(/\S{4}/);
      expect(body).not.toMatch(/internal|undefined|\[object|at .*\.ts/i);
      return body;
    },
  };
};
