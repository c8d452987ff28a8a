import { describe, expect, it, onTestFinished } from "vitest";
import { createRemoveNode } from "../../../../handlers/core/nodes/remove-node.ts";
import { AppError } from "../../../../handlers/errors.ts";
import type { Estate } from "../../../../handlers/interfaces/estate.ts";
import { seal } from "../../../../handlers/interfaces/sealed.ts";
import { createTestCa, day, operator as by, space, type TestCaOptions } from "../../../support/ca.ts";
import { requestPem } from "../../../support/ca-requests.ts";
import { catalogOf, factsOf, fill, openTestStore, reportOf } from "../../../support/estate.ts";

const name = "web01.example.test";
const from = "192.0.2.9";

const set = async (options: TestCaOptions & { readonly ca?: false } = {}) => {
  const ca = await createTestCa(options);
  const store = await openTestStore(ca.clock);
  onTestFinished(() => store.close());
  const remove = createRemoveNode({ ...store, ...(options.ca === false ? {} : { ca }) });
  const received = (certname: string) => ({
    command: "replace facts",
    version: 5,
    certname,
    producer_timestamp: null,
    payload: new Uint8Array([123]),
  });
  const reject = (id: string, certname: string) =>
    store.queue.reject(id, received(certname), "Cannot be stored", ca.clock.now());
  const issue = async (certname: string, where = space) =>
    await ca.certificates.issue({ space: where, certname, pem: await requestPem(certname), by });
  const live = (certname: string) => ca.certificates.count({ certname, status: ["signed"], include_cleaned: true });
  return { ca, store, remove, reject, issue, live };
};
const known = (certname: string, at: number) => [
  factsOf(certname, at, "{}"),
  catalogOf(certname, at, []),
  reportOf(certname, at),
];

describe("removing a node", () => {
  it("revokes every live certificate and withdraws its request, in every space (W11)", async () => {
    const { ca, store, remove, issue, live } = await set();
    await ca.spaces.create({ id: "other", ca_id: space, by });
    await fill(store.estate, known(name, 1000));
    const first = await issue(name);
    await ca.certificates.renew({ pem: first.certificate! });
    await issue(name, "other");
    await ca.spaces.create({ id: "third", ca_id: space, by });
    await ca.certificates.submit({ space: "third", certname: name, pem: await requestPem(name), from });
    await issue("db01.example.test");
    expect([await live(name), await live("db01.example.test")]).toEqual([3, 1]);
    expect(await remove(name, "anna")).toEqual({ certificates_revoked: 3, dead_letters: 0 });
    expect([await live(name), await live("db01.example.test")]).toEqual([0, 1]);
    expect(await ca.certificates.count({ certname: name })).toBe(0);
    expect((await ca.crls.current(space)).entries).toBe(3);
    const [gone] = await ca.certificates.list({ certname: name, include_cleaned: true }, { limit: 1, offset: 0 });
    expect(gone?.decision).toMatchObject({ by: { kind: "user", name: "anna" }, reason: "Cleaned" });
    // the name is free again
    expect((await issue(name)).status).toBe("signed");
  });

  it("needs no certificate (W10)", async () => {
    const { store, remove } = await set();
    await fill(store.estate, known(name, 1000));
    expect(await remove(name, "anna")).toEqual({ certificates_revoked: 0, dead_letters: 0 });
    expect(await remove(name, "anna")).toBeUndefined();
    expect(await remove("nobody.example.test", "anna")).toBeUndefined();
  });

  it("takes along all that is stored of it, whole catalogs too (W12), and nothing of others", async () => {
    const { store, remove, reject } = await set();
    const { estate, queue } = store;
    for (const certname of [name, "db01.example.test"]) {
      await fill(estate, known(certname, 1000));
      await estate.storeCatalog({
        certname,
        catalog_uuid: "uuid",
        environment: null,
        version: "1",
        code_id: null,
        received_at: "2026-01-01T00:00:00.000Z",
        hash: "f".repeat(64),
        content: seal("{}"),
        marks: seal({ values: ["hunter2-marked"], parameters: {} }),
      });
      for (let i = 0; i < 120; i++) await reject(`${certname}-${i}`, certname);
    }
    await estate.changeNode(name, { disabled: true, facts_inject: seal('{"role":"web"}') }, 0);
    expect(await remove(name, "anna")).toEqual({ certificates_revoked: 0, dead_letters: 120 });
    const left = async (certname: string) => [
      ...await Promise.all(
        (["nodes", "factsets", "catalogs", "reports"] as const).map((entity) =>
          estate.count({ entity, select: [], where: { op: "=", left: { field: "certname" }, right: certname } })
        ),
      ),
      await queue.deadLetterCount(certname),
      Number(await estate.wholeCatalog(certname) !== undefined),
      (await estate.marks(certname)).reveal().values.length,
      Number(await estate.nodeSettings(certname) !== undefined),
    ];
    expect(await left(name)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(await left("db01.example.test")).toEqual([1, 1, 1, 1, 120, 1, 1, 1]);
  });

  it("says nothing of certificates where the Puppetserver is the CA", async () => {
    const { store, remove, issue, live } = await set({ ca: false });
    await fill(store.estate, known(name, 1000));
    await issue(name);
    expect(await remove(name, "anna")).toEqual({ certificates_revoked: null, dead_letters: 0 });
    expect(await live(name)).toBe(1);
  });

  it("can be done again after a failure halfway", async () => {
    const { ca, store, reject, issue, live } = await set();
    await fill(store.estate, known(name, 1000));
    await issue(name);
    await reject("letter", name);
    let broken = true;
    const estate: Pick<Estate, "deleteNode"> = {
      deleteNode: async (certname) => {
        if (broken) throw new AppError("unavailable", "The store is busy");
        return await store.estate.deleteNode(certname);
      },
    };
    const remove = createRemoveNode({ estate, queue: store.queue, ca });
    await expect(remove(name, "anna")).rejects.toMatchObject({ code: "unavailable" });
    expect(await live(name)).toBe(0);
    expect(await store.estate.nodeSettings(name)).toBeDefined();
    broken = false;
    expect(await remove(name, "anna")).toEqual({ certificates_revoked: 0, dead_letters: 0 });
    expect(await store.estate.nodeSettings(name)).toBeUndefined();
    expect(await remove(name, "anna")).toBeUndefined();
  });

  it("revokes the certificate of a name that never reported", async () => {
    const { remove, issue, live } = await set();
    await issue("new.example.test");
    expect(await remove("new.example.test", "anna")).toEqual({ certificates_revoked: 1, dead_letters: 0 });
    expect(await live("new.example.test")).toBe(0);
  });

  it("leaves the certificates of hoppetdb's own listeners alone", async () => {
    const { ca, store, remove, issue, live } = await set({ inUse: () => true });
    await fill(store.estate, known("puppet.example.test", 1000));
    await issue("puppet.example.test", "hoppetdb");
    expect(await remove("puppet.example.test", "anna")).toEqual({ certificates_revoked: 0, dead_letters: 0 });
    expect(await live("puppet.example.test")).toBe(1);
    // one of the agents' space that a listener shows
    await fill(store.estate, known(name, 1000));
    await issue(name);
    await expect(remove(name, "anna")).rejects.toMatchObject({ code: "conflict" });
    expect([await live(name), await store.estate.nodeSettings(name) !== undefined]).toEqual([1, true]);
    ca.clock.advance(3650 * day);
    expect(await remove(name, "anna")).toMatchObject({ dead_letters: 0 });
  });
});
