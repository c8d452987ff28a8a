import { expect, it } from "vitest";
import { plainFingerprint } from "../../../../handlers/core/x509/fingerprints.ts";
import type { Certificate } from "../../../../handlers/core/ca/records.ts";
import { createTestCa, operator as by, space } from "../../../support/ca.ts";
import { requestPem } from "../../../support/ca-requests.ts";

const certname = "web01.example.test";

it("believes certificates of the agents' space and of our listeners, and no other space's of the same authority", async () => {
  const { certificates, spaces, authorities, registered } = await createTestCa();
  const { key_id } = (await authorities.get("puppet-ca"))!;
  await spaces.create({ id: "lab", ca_id: "puppet-ca", by });
  const standing = async (of: string): Promise<[Certificate, string]> => {
    const made = await certificates.issue({ space: of, certname, pem: await requestPem(certname), by });
    const fingerprint = plainFingerprint(made.fingerprint!);
    return [made, await registered({ serial: made.serial!, issuerKeyId: key_id, fingerprint })];
  };
  const [agent, good] = await standing(space);
  expect([good, (await standing("hoppetdb"))[1]]).toEqual(["good", "good"]);
  // who may give out names in another space could else be any agent
  expect((await standing("lab"))[1]).toBe("not registered");
  const other = { serial: agent.serial!, issuerKeyId: key_id, fingerprint: "00".repeat(32) };
  expect(await registered(other)).toBe("not registered");
  expect(await registered({ ...other, serial: "1234" })).toBe("not registered");
  expect(await registered({ ...other, issuerKeyId: "11".repeat(32) })).toBe("foreign");
  await certificates.revoke({ space, certname, by });
  expect(await registered({ ...other, fingerprint: plainFingerprint(agent.fingerprint!) })).toBe("revoked");
});
