import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { matchesGlob } from "../../../../handlers/core/ca/autosign.ts";
import { executableApprover, httpApprover } from "../../../../runtime/ca/approvers.ts";
import { createTestCa, operator as by, space, type TestCaOptions } from "../../../support/ca.ts";
import { challengePassword, requestPem } from "../../../support/ca-requests.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

const puts = async (ca: Awaited<ReturnType<typeof createTestCa>>, certname: string, token?: string) => {
  const pem = await requestPem(certname, token === undefined ? {} : { attributes: [challengePassword(token)] });
  const { signed, certificate } = await ca.certificates.submit({ space, certname, pem, from: "" });
  return [signed, certificate.decision?.reason];
};
const judged = async (certname: string, options: TestCaOptions) => await puts(await createTestCa(options), certname);

describe("rules", () => {
  it("match names as Puppet's autosign.conf does", () => {
    const yes = [["*", "a"], ["a.test", "a.test"], ["*.test", "a.test"], ["*.test", "b.a.test"], ["*.TEST", "a.test"], [
      "*.a.test",
      "a.test",
    ]];
    const no = [["a.test", "b.test"], ["*.test", "atest"], ["*.test", "a.test.evil"], ["*.a.test", "xa.test"], [
      "a",
      "a.test",
    ]];
    for (const [glob, certname] of yes) {
      expect([glob, certname, matchesGlob(glob!, certname!)]).toEqual([glob, certname, true]);
    }
    for (const [glob, certname] of no) {
      expect([glob, certname, matchesGlob(glob!, certname!)]).toEqual([glob, certname, false]);
    }
  });

  it("are off, all, globs, known nodes; the first yes decides, and each says why", async () => {
    const certname = "web01.example.test";
    expect(await judged(certname, {})).toEqual([false, "No rule signs it by itself"]);
    expect(await judged(certname, { policy: { autosign: "all" } })).toEqual([true, "Everything is signed (autosign)"]);
    const globs = { policy: { autosign: ["db01", "*.example.test"] } };
    expect(await judged(certname, globs)).toEqual([true, 'The name matches "*.example.test" (autosign)']);
    expect(await judged("web01.other.test", globs)).toEqual([false, "No rule signs it by itself"]);
    const nodes = [certname];
    expect(await judged(certname, { nodes })).toEqual([false, "No rule signs it by itself"]);
    const known = { nodes, policy: { autosign_known_nodes: true } };
    expect(await judged(certname, known)).toEqual([true, "The node is known"]);
    expect((await judged("new.example.test", known))[0]).toBe(false);
    // each space its own
    const ca = await createTestCa();
    await ca.spaces.update(space, { policy: { autosign: "all" }, by });
    expect((await puts(ca, certname))[0]).toBe(true);
  });
});

describe("enrolment tokens", () => {
  it("sign once, for the names that they are for, until they expire", async () => {
    const ca = await createTestCa();
    const make = async (certname: string, ttl = 60) => (await ca.tokens.create({ certname, ttl, by })).token;
    const one = await make("*.example.test");
    // nothing is kept: who could read the request would have the token
    await expect(puts(ca, "web01.other.test", one)).rejects.toMatchObject({
      code: "bad_request",
      message: "The request was refused",
    });
    expect(await ca.certificates.count({ certname: "web01.other.test" })).toBe(0);
    expect(await puts(ca, "web01.example.test", one)).toEqual([
      true,
      expect.stringMatching(/^Enrolment token \w{8} of tester$/),
    ]);
    expect(await puts(ca, "web02.example.test", one)).toEqual([
      false,
      expect.stringMatching(/used before, by web01\.example\.test$/),
    ]);
    const late = await make("web03.example.test");
    ca.clock.advance(60_000);
    expect(await puts(ca, "web03.example.test", late)).toEqual([false, expect.stringMatching(/has expired$/)]);
    expect((await puts(ca, "web04.example.test", `${one}x`))[0]).toBe(false);
    expect((await puts(ca, "web05.example.test", ""))[0]).toBe(false);
  });

  it("are not used up by a request that is refused, or that a name already has", async () => {
    const ca = await createTestCa();
    const { token } = await ca.tokens.create({ certname: "*", ttl: 60, by });
    const extensions = [{ oid: "1.2.3", critical: false, value: new Uint8Array([5, 0]) }];
    const bad = await requestPem("a.test", { attributes: [challengePassword(token)], extensions });
    await expect(ca.certificates.submit({ space, certname: "a.test", pem: bad, from: "" })).rejects.toThrow(
      "not permitted",
    );
    await puts(ca, "b.test");
    await expect(puts(ca, "b.test", token)).rejects.toThrow("already has a requested certificate");
    expect((await puts(ca, "c.test", token))[0]).toBe(true);
  });

  it("of two uses at once one wins", async () => {
    const ca = await createTestCa();
    const { token } = await ca.tokens.create({ certname: "*", ttl: 60, by });
    const used = await Promise.all(["a.test", "b.test", "c.test"].map((certname) => puts(ca, certname, token)));
    expect(used.filter(([signed]) => signed).length).toBe(1);
  });

  it("are made for names that can be, and for a second to a year", async () => {
    const ca = await createTestCa();
    const make = (certname: string, ttl: number) => ca.tokens.create({ certname, ttl, by });
    for (const certname of ["", "**", "A", "a/b", "*a", "a*", "*.", " "]) {
      await expect(make(certname, 60)).rejects.toMatchObject({ code: "invalid", field: "certname" });
    }
    for (const ttl of [0, -1, 1.5, Infinity, NaN, 366 * 86_400]) {
      await expect(make("a", ttl)).rejects.toMatchObject({ code: "invalid", field: "ttl" });
    }
    const { record } = await make("a", 1);
    expect(await ca.tokens.count()).toBe(1);
    expect(await ca.tokens.remove(record.id)).toBe(true);
    expect(await ca.tokens.remove(record.id)).toBe(false);
  });
});

describe("an executable", () => {
  const script = (body: string): string => {
    const file = temporaryFolder().write("approve", `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o700);
    return file;
  };

  it("decides by its exit status, with the request as openssl reads it", async () => {
    const file = script('cn=$(openssl req -noout -subject) && case "$cn" in *"$1") exit 0;; *) exit 1;; esac');
    const options = { approvers: [executableApprover(file)] };
    expect(await judged("web01.example.test", options)).toEqual([true, "executable: exit status 0"]);
    expect((await judged("b.test", { approvers: [executableApprover(script("exit 1"))] }))[1]).toBe(
      "executable: exit status 1",
    );
    expect((await judged("b.test", { approvers: [executableApprover(script("kill -TERM $$"))] }))[0]).toBe(false);
    expect((await judged("b.test", { approvers: [executableApprover("/nothing/here")] }))[0]).toBe(false);
  });

  it("that hangs holds up no other request, and is a no when its time is over", async () => {
    const file = script('case "$1" in slow*) sleep 30;; esac');
    const ca = await createTestCa({ approvers: [executableApprover(file, 1500)] });
    const started = performance.now();
    const slow = ["slow1.test", "slow2.test"].map((certname) => puts(ca, certname));
    expect((await puts(ca, "quick.test"))[0]).toBe(true);
    expect(performance.now() - started).toBeLessThan(1400);
    for (const each of await Promise.all(slow)) {
      expect(each).toEqual([false, "executable: it took longer than 1500 ms"]);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("that reads nothing, or writes much, is no trouble", async () => {
    const noisy = script("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 0");
    expect((await judged("a.test", { approvers: [executableApprover(noisy)] }))[0]).toBe(true);
  });
});

describe("an HTTP check", () => {
  const serve = async (
    answer: (
      body: string,
      url: string,
      authorization?: string,
    ) => { status: number; headers?: Record<string, string> } | undefined,
  ) => {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (data) => body += data);
      request.on("end", () => {
        const said = answer(body, request.url ?? "", request.headers.authorization);
        if (said) response.writeHead(said.status, said.headers).end("x".repeat(10));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`;
  };

  it("gets name and request, and says yes with 200 to 299", async () => {
    const bodies: string[] = [];
    const url = await serve((body) => {
      bodies.push(body);
      return { status: JSON.parse(body).certname === "yes.test" ? 204 : 403 };
    });
    const approvers = [httpApprover(url)];
    expect(await judged("yes.test", { approvers })).toEqual([true, "http: status 204"]);
    expect(await judged("no.test", { approvers })).toEqual([false, "http: status 403"]);
    expect(JSON.parse(bodies[0]!)).toEqual({
      certname: "yes.test",
      csr: expect.stringContaining("BEGIN CERTIFICATE REQUEST"),
    });
  });

  it("is sent the password of its URL, which nobody else ever sees", async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((_body, _url, given) => (seen.push(given), { status: 200 }));
    const withPassword = url.replace("http://", "http://user:hunter%402@");
    expect((await judged("a.test", { approvers: [httpApprover(withPassword)] }))[0]).toBe(true);
    expect(seen).toEqual([`Basic ${btoa("user:hunter@2")}`]);
    const [, why] = await judged("a.test", { approvers: [httpApprover("http://user:hunter2@127.0.0.1:1/?t=SEKRET")] });
    expect(why).toBe("http: it cannot be reached, or redirects");
  });

  it("that redirects, is down, or never answers says no", async () => {
    let followed = 0;
    const url = await serve((_, path) =>
      path === "/check" ? { status: 307, headers: { Location: "/elsewhere" } } : (followed++, { status: 200 })
    );
    expect((await judged("a.test", { approvers: [httpApprover(url)] }))[0]).toBe(false);
    expect(followed).toBe(0);
    const silent = await serve(() => undefined);
    const started = performance.now();
    expect((await judged("a.test", { approvers: [httpApprover(silent, 300)] }))[1]).toMatch(
      /^http: it took longer than 300 ms$/,
    );
    expect(performance.now() - started).toBeLessThan(3000);
    expect((await judged("a.test", { approvers: [httpApprover("http://127.0.0.1:1/")] }))[0]).toBe(false);
  });

  it("comes after an executable, and both reasons are kept", async () => {
    const url = await serve(() => ({ status: 500 }));
    const approvers = [executableApprover("/nothing/here"), httpApprover(url)];
    expect((await judged("a.test", { approvers }))[1]).toMatch(/^executable: it cannot be run: .*; http: status 500$/);
  });
});
