import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../runtime/system.ts";
import { fetchCrl } from "../../../runtime/tls/fetch-crl.ts";
import { createTrust } from "../../../runtime/tls/trust.ts";
import { type Authority, createAuthority, type Issued } from "../../support/certificates.ts";
import { createRecordingLog } from "../../support/log.ts";
import { recordingUpstream } from "../../support/puppet.ts";
import { temporaryFolder } from "../../support/temporary.ts";

let root: Authority;
let leaf: Issued;
beforeAll(async () => {
  root = await createAuthority("Test root");
  leaf = await root.issue("web01");
});

const start = (file: string, answer: () => Response | Promise<Response>) => {
  const log = createRecordingLog();
  const trust = createTrust({ clock: systemClock, log });
  trust.setAuthorities(root.cert);
  const { upstream, requests } = recordingUpstream(answer);
  const fetching = fetchCrl({ upstream, trust, file, log, timeoutMs: 500 });
  onTestFinished(() => fetching.close());
  return { fetching, trust, requests, log };
};

describe("fetchCrl", () => {
  it("asks the Puppetserver as nobody, uses what comes and keeps it for the next start", async () => {
    const file = join(temporaryFolder().path, "crl.pem");
    const crl = await root.crl([leaf.serial]);
    const { fetching, trust, requests } = start(file, () => new Response(crl));
    expect(await fetching.run()).toBe(true);
    expect(trust.identify(leaf.der)).toEqual({ kind: "anonymous", reason: "revoked" });
    expect(requests[0]).toMatchObject({ method: "GET", path: "/puppet-ca/v1/certificate_revocation_list/ca" });
    expect(requests[0]!.headers.has("x-client-dn")).toBe(false);
    expect(readFileSync(file, "utf8")).toBe(crl);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const next = start(file, () => Promise.reject(new Error("away")));
    expect(next.trust.identify(leaf.der)).toEqual({ kind: "anonymous", reason: "revoked" });
    expect(await next.fetching.run()).toBe(false);
    expect(next.log.text()).toContain("away");
  });

  it.each<[string, () => Response | Promise<Response>, RegExp]>([
    ["an error", () => new Response("no", { status: 500 }), /answered 500/],
    ["no CRL", () => new Response("hello"), /no X509 CRL block/],
    [
      "a list that another authority signed",
      async () => new Response(await (await createAuthority("Test root")).crl()),
      /not signed/,
    ],
    [
      "an endless answer",
      () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1e6).fill(65)) })),
      /larger|abort|timeout/i,
    ],
  ])("goes on with the old list after %s", async (_, answer, why) => {
    const folder = temporaryFolder();
    const file = folder.write("crl.pem", await root.crl([leaf.serial]));
    const before = readFileSync(file, "utf8");
    const { fetching, trust, log } = start(file, answer);
    expect(await fetching.run()).toBe(false);
    expect(trust.identify(leaf.der)).toEqual({ kind: "anonymous", reason: "revoked" });
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(log.text()).toMatch(why);
  });
});
