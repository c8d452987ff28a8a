import { describe, expect, it } from "vitest";
import { requestHeaders, responseHeaders } from "../../../handlers/puppet/headers.ts";
import type { Peer } from "../../../handlers/interfaces/peer.ts";

const web01: Peer = {
  kind: "verified",
  certname: "web01",
  serial: "1",
  issuer: "CN=ca",
  pem: "-----BEGIN X-----\na+/=\n",
};
const nobody: Peer = { kind: "anonymous", reason: "no certificate" };

const forged = {
  "X-Client-Verify": "SUCCESS",
  "X-Client-DN": "CN=victim",
  "x-client-cert": "x",
  "X_Client_DN": "CN=victim",
  "X-SSL-Subject": "CN=victim",
  "X-Forwarded-For": "10.0.0.1",
  "X-Forwarded-Client-Cert": "x",
  "Forwarded": "for=10.0.0.1",
  "X-Hoppetdb-Ingress": "secret",
};

describe("requestHeaders", () => {
  it("says what we verified, and nothing of what the client says of itself", () => {
    const headers = requestHeaders(
      new Headers({ ...forged, "X-Puppet-Version": "7.23.0", Accept: "text/plain" }),
      web01,
    );
    expect(Object.fromEntries(headers)).toEqual({
      "accept": "text/plain",
      "x-puppet-version": "7.23.0",
      "x-client-verify": "SUCCESS",
      "x-client-dn": "CN=web01",
      "x-client-cert": "-----BEGIN%20X-----%0Aa%2B%2F%3D%0A",
    });
  });

  it("names nobody for an anonymous client", () => {
    expect(Object.fromEntries(requestHeaders(new Headers(forged), nobody))).toEqual({ "x-client-verify": "NONE" });
  });

  it("leaves out the headers of the connection, and those that Connection names", () => {
    const headers = requestHeaders(
      new Headers({
        "Connection": "keep-alive, X-Mine",
        "X-Mine": "1",
        "Keep-Alive": "timeout=5",
        "TE": "trailers",
        "Trailer": "x",
        "Transfer-Encoding": "chunked",
        "Upgrade": "h2c",
        "Proxy-Authorization": "x",
        "Host": "localhost",
        "Expect": "100-continue",
        "Content-Length": "5",
      }),
      nobody,
    );
    expect(Object.fromEntries(headers)).toEqual({ "content-length": "5", "x-client-verify": "NONE" });
  });

  it("can't be made to leave out who the client is", () => {
    const headers = requestHeaders(new Headers({ "Connection": "X-Client-DN, X-Client-Verify, X-Client-Cert" }), web01);
    expect(headers.get("x-client-dn")).toBe("CN=web01");
    expect(headers.get("x-client-verify")).toBe("SUCCESS");
  });
});

describe("responseHeaders", () => {
  it("passes what the Puppetserver says, without the headers of the connection", () => {
    const headers = new Headers({ "X-Puppet-Version": "7.23.0", "Connection": "close, X-Mine", "X-Mine": "1" });
    headers.append("Content-Encoding", "gzip");
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    const passed = responseHeaders(headers);
    expect([...passed.keys()].toSorted()).toEqual(["content-encoding", "set-cookie", "set-cookie", "x-puppet-version"]);
    expect(passed.getSetCookie()).toEqual(["a=1", "b=2"]);
  });
});
