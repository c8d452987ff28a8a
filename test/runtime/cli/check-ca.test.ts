import { expect, it } from "vitest";
import { lookAtCa } from "../../../runtime/cli/check/ca.ts";
import { readConfig } from "../../../runtime/config.ts";
import { createCommandStore } from "../../support/ca-command.ts";

it("says what is to be done about the CA, and nothing where there is no store", async () => {
  const { env, prepare, inStore } = createCommandStore({
    HOPPETDB_CA: "own",
    HOPPETDB_CA_AUTOSIGN: "all",
  });
  const look = (now = Date.now()) => lookAtCa(readConfig(env), env, now);
  expect(await look()).toBe(undefined);
  await prepare({ "web01.example.test": {} });
  await inStore((ca) => ca.mode.set("own"));
  const texts = async (now?: number) => (await look(now))!.findings.map(({ what, level }) => `${level} ${what}`);
  expect(await texts()).toEqual([
    expect.stringMatching(/^ok The authority "Puppet .*CA: .*" \(puppet-ca\S*\) is valid for another 5\d{3} days$/),
    expect.stringMatching(/^ok The authority/),
    "warning Whoever reaches port 8001 gets a certificate for any free name (autosign is all)",
  ]);
  await inStore((ca) =>
    ca.spaces.update("puppet-ca", { policy: { autosign: "off" }, by: { kind: "user", name: "x" } })
  );
  expect((await texts()).length).toBe(2);
  expect((await texts(Date.now() + 31 * 86_400_000)).filter((each) => /^error The CRL of .* has lapsed$/.test(each)))
    .toHaveLength(2);
});
