import { expect, it } from "vitest";
import { createTestCa, operator as by, space } from "../../../support/ca.ts";
import { newKey, requestPem } from "../../../support/ca-requests.ts";

it("takes only the keys that the space says", async () => {
  const { certificates, spaces } = await createTestCa();
  const submit = async (certname: string, kind: "rsa-2048" | "rsa-3072" | "p-256") =>
    await certificates.submit({
      space,
      certname,
      pem: await requestPem(certname, { key: await newKey(kind) }),
      from: "192.0.2.1",
    });
  await submit("a.example.test", "rsa-2048");
  await spaces.update(space, { by, policy: { minimum_rsa_bits: 3072 } });
  await expect(submit("b.example.test", "rsa-2048")).rejects.toThrow(
    "The request has an RSA key of 2048 bits, expected at least 3072",
  );
  await submit("b.example.test", "rsa-3072");
  await spaces.update(space, { by, policy: { key_types: ["rsa"] } });
  await expect(submit("c.example.test", "p-256")).rejects.toThrow("The request has a key of the type ec, expected rsa");
  expect(await certificates.count({ certname: "c.example.test" })).toBe(0);
});
