import { expect, it } from "vitest";
import { createTestCa, day, operator as by, space } from "../../../support/ca.ts";
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

it("signs nothing with an authority that has expired", async () => {
  const { certificates, spaces, authorities, clock } = await createTestCa();
  await authorities.create({ id: "brief", cn: "Brief CA", key: "p-256", validity_days: 2, by });
  await spaces.update(space, { ca_id: "brief", by });
  const pem = await requestPem("a.example.test");
  await certificates.submit({ space, certname: "a.example.test", pem, from: "192.0.2.1" });
  clock.advance(2 * day);
  await expect(certificates.sign({ space, certname: "a.example.test", by })).rejects.toThrow(
    /^Authority "brief" expired on 20\d\d-\S+: it signs nothing$/,
  );
  expect(await certificates.count({ certname: "a.example.test", status: ["requested"] })).toBe(1);
});
