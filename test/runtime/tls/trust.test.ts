import { beforeAll, describe, expect, it } from "vitest";
import { createTrust } from "../../../runtime/tls/trust.ts";
import { type Authority, createAuthority } from "../../support/certificates.ts";
import { createTestClock } from "../../support/clock.ts";
import { largeCrl } from "../../support/large-crl.ts";
import { createRecordingLog } from "../../support/log.ts";
import { pemOf } from "../../../handlers/core/x509/pem.ts";

const day = 86_400_000;
let root: Authority;
let middle: Authority;
let other: Authority;
beforeAll(async () => {
  root = await createAuthority("Test root");
  middle = await root.intermediate("Test intermediate");
  other = await createAuthority("Test root");
});

const trustOf = (ca: string | undefined) => {
  const clock = createTestClock(Date.now());
  const log = createRecordingLog();
  const trust = createTrust({ clock, log });
  trust.setAuthorities(ca);
  return { trust, clock, log };
};
const reason = (why: string) => ({ kind: "anonymous", reason: why });

describe("trust", () => {
  it("knows who a certificate stands for, by the root or through an intermediate", async () => {
    const { trust } = trustOf(middle.cert + root.cert);
    const direct = await root.issue("db01");
    const below = await middle.issue("web01.example.test", { serial: "00f1" });
    expect(trust.identify(direct.der)).toMatchObject({ kind: "verified", certname: "db01", serial: direct.serial });
    expect(trust.identify(below.der)).toEqual({
      kind: "verified",
      certname: "web01.example.test",
      serial: "f1",
      issuer: "CN=Test intermediate",
      pem: below.cert,
    });
  });

  it("asks the records: an external root vouches for our authority, and for nobody else", async () => {
    const { trust } = trustOf(middle.cert + root.cert);
    const below = await middle.issue("web01.example.test");
    const direct = await root.issue("web01.example.test");
    const asked: string[] = [];
    const standing = (of: "good" | "revoked" | "not registered") => ({ serial }: { serial: string }) => {
      asked.push(serial);
      return Promise.resolve(serial === below.serial ? of : "foreign" as const);
    };
    expect(await trust.identifyRegistered(below.der, standing("good"))).toMatchObject({ kind: "verified" });
    expect(asked).toEqual([below.serial, expect.any(String)]);
    expect(await trust.identifyRegistered(direct.der, standing("good"))).toEqual(reason("not registered"));
    expect(await trust.identifyRegistered(below.der, standing("revoked"))).toEqual(reason("revoked"));
    expect(await trust.identifyRegistered(below.der, standing("not registered"))).toEqual(reason("not registered"));
  });

  it("believes nobody without authorities", async () => {
    const { trust } = trustOf(undefined);
    expect(trust.identify((await root.issue("web01")).der)).toEqual(reason("no authority configured"));
  });

  it("doesn't believe a stranger, even one that has our authority's name", async () => {
    const { trust } = trustOf(root.cert);
    expect(trust.identify((await other.issue("web01")).der)).toEqual(reason("unknown authority"));
    expect(trust.identify((await middle.issue("web01")).der)).toEqual(reason("unknown authority"));
    expect(trust.identify(new Uint8Array([0x30, 0]))).toEqual(reason("unknown authority"));
  });

  it("doesn't believe what a node signs with its own certificate", async () => {
    const node = await root.intermediate("web01", { authority: false });
    const { trust } = trustOf(node.cert + root.cert);
    expect(trust.identify(node.der)).toMatchObject({ certname: "web01" });
    expect(trust.identify((await node.issue("victim")).der)).toEqual(reason("unknown authority"));
  });

  it("takes only certificates that may be clients and whose critical extensions it knows", async () => {
    const { trust } = trustOf(root.cert);
    const server = await root.issue("web01", { usages: ["1.3.6.1.5.5.7.3.1"] });
    expect(trust.identify(server.der)).toEqual(reason("unknown authority"));
  });

  it.each([
    ["two names", "CN=web01, CN=victim"],
    ["no name", "O=Example"],
    ["a slash", "CN=web01/victim"],
    ["letters beyond ASCII", "CN=wéb01"],
  ])("refuses a subject with %s", async (_, subject) => {
    const { trust } = trustOf(root.cert);
    expect(trust.identify((await root.issue("x", { subject })).der)).toEqual(reason("bad name"));
  });

  it("asks for the dates each time, those of the authorities too", async () => {
    const short = await root.intermediate("Short", { until: 2 * day });
    const { trust, clock } = trustOf(short.cert + root.cert);
    const one = await root.issue("web01", { from: 0, until: day });
    const two = await short.issue("web02", { until: 5 * day });
    expect(trust.identify((await root.issue("web03", { from: day })).der)).toEqual(reason("not yet valid"));
    clock.advance(1000);
    expect([trust.identify(one.der).kind, trust.identify(two.der).kind]).toEqual(["verified", "verified"]);
    clock.advance(day);
    expect([trust.identify(one.der), trust.identify(two.der).kind]).toEqual([reason("expired"), "verified"]);
    clock.advance(day);
    expect(trust.identify(two.der)).toEqual(reason("expired"));
  });

  it("forgets what it knew when the authorities change", async () => {
    const { trust } = trustOf(root.cert);
    const leaf = await root.issue("web01");
    expect(trust.identify(leaf.der).kind).toBe("verified");
    trust.setAuthorities(other.cert);
    expect(trust.identify(leaf.der)).toEqual(reason("unknown authority"));
    expect(() => trust.setAuthorities("hello")).toThrow();
    expect(trust.identify((await other.issue("web02")).der).kind).toBe("verified");
  });
});

describe("revocation", () => {
  it("counts from the moment the list is there, also for an intermediate", async () => {
    const { trust } = trustOf(middle.cert + root.cert);
    const [one, two] = [await middle.issue("web01"), await middle.issue("web02")];
    expect(trust.identify(one.der).kind).toBe("verified");
    trust.setCrls("file", await middle.crl([one.serial]) + await root.crl());
    expect(trust.identify(one.der)).toEqual(reason("revoked"));
    expect(trust.identify(two.der).kind).toBe("verified");
    trust.setCrls("file", await middle.crl([one.serial]) + await root.crl([middle.serial]));
    expect(trust.identify(two.der)).toEqual(reason("revoked"));
  });

  it("goes by issuer and serial: the same serial of another authority is another certificate", async () => {
    const { trust } = trustOf(middle.cert + root.cert);
    const [one, two] = [await middle.issue("web01", { serial: "11" }), await root.issue("web02", { serial: "11" })];
    trust.setCrls("file", await middle.crl(["11"]));
    expect([trust.identify(one.der), trust.identify(two.der).kind]).toEqual([reason("revoked"), "verified"]);
  });

  it("takes no list that an authority of ours didn't sign, and keeps the one it has", async () => {
    const { trust } = trustOf(root.cert);
    const leaf = await root.issue("web01");
    trust.setCrls("file", await root.crl([leaf.serial]));
    const forged = await other.crl([]);
    expect(() => trust.setCrls("file", forged)).toThrow(/is not signed by an authority/);
    expect(() => trust.setCrls("file", pemOf(largeCrl(["1"]), "X509 CRL"))).toThrow(/"CN=Large" is not signed/);
    expect(() => trust.setCrls("file", "hello")).toThrow();
    expect(trust.identify(leaf.der)).toEqual(reason("revoked"));
  });

  it("takes no older list, and adds up what several sources say", async () => {
    const { trust } = trustOf(root.cert);
    const [one, two] = [await root.issue("web01"), await root.issue("web02")];
    trust.setCrls("file", await root.crl([one.serial]));
    const older = await root.crl([], { from: -2 * day });
    expect(() => trust.setCrls("file", older)).toThrow(/older/);
    trust.setCrls("puppetserver", await root.crl([two.serial], { from: -2 * day }));
    expect([trust.identify(one.der), trust.identify(two.der)]).toEqual([reason("revoked"), reason("revoked")]);
  });

  it("goes on with a stale list, and says so once a day", async () => {
    const { trust, clock, log } = trustOf(root.cert);
    const leaf = await root.issue("web01");
    trust.setCrls("file", await root.crl([leaf.serial], { until: -1000 }));
    trust.warnStale();
    trust.warnStale();
    expect(trust.identify(leaf.der)).toEqual(reason("revoked"));
    expect(log.lines.filter(({ event }) => /out of date/.test(event))).toHaveLength(1);
    clock.advance(day);
    trust.warnStale();
    expect(log.lines).toHaveLength(2);
  });
});
