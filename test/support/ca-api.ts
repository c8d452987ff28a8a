import { Hono } from "hono";
import { puppetCaApi } from "../../handlers/puppet-ca/puppet-ca.ts";
import type { OpenCa } from "../../handlers/core/ca/ca.ts";
import { openCertificates } from "../../handlers/core/ca/authority-facts.ts";
import { commonNames } from "../../handlers/core/x509/name.ts";
import type { PortBindings, PortEnv } from "../../handlers/http/env.ts";
import type { Log } from "../../handlers/interfaces/log.ts";
import type { Peer } from "../../handlers/interfaces/peer.ts";
import { operator, space } from "./ca.ts";
import { requestPem } from "./ca-requests.ts";

export type Answer = { readonly status: number; readonly type: string | null; readonly body: string } & {
  readonly headers: Headers;
};
export type Asking = {
  readonly as?: Peer;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
};

export const admin = "operator.example.test";

/** The peer that a verified certificate makes. */
export const peerOf = (pem: string): Peer => {
  const { facts } = openCertificates(pem, "certificate")[0]!;
  const certname = commonNames(facts.subject)[0]!;
  return { kind: "verified", certname, serial: facts.serial, issuer: facts.issuer.text, pem };
};

/** `/puppet-ca/v1` over a CA, and how one asks it; `admin` is a peer of HOPPETDB_CA_ADMIN_CNS. */
export const createTestApi = async (ca: OpenCa & { readonly log: Log }) => {
  const app = new Hono<PortEnv>().route("/puppet-ca/v1", puppetCaApi({ ca, adminCns: [admin], log: ca.log }));
  const call = async (method: string, path: string, { as, body, headers = {} }: Asking = {}): Promise<Answer> => {
    const bindings: PortBindings = { remoteAddress: "192.0.2.7", secure: true, ...(as ? { peer: as } : {}) };
    const response = await app.request(
      `/puppet-ca/v1${path}`,
      { method, headers: { "Content-Type": "text/plain", ...headers }, ...(body === undefined ? {} : { body }) },
      bindings,
    );
    return {
      status: response.status,
      type: response.headers.get("Content-Type"),
      body: await response.text(),
      headers: response.headers,
    };
  };
  const issued = async (certname: string): Promise<Peer> => {
    const there = await ca.certificates.current({ space, certname });
    if (there?.certificate) return peerOf(there.certificate);
    const pem = await requestPem(certname);
    const { certificate } = await ca.certificates.issue({ space, certname, pem, by: operator });
    return peerOf(certificate!);
  };
  const asAdmin = await issued(admin);
  const json = { "Content-Type": "application/json" };
  return {
    app,
    call,
    issued,
    asAdmin,
    put: (certname: string, pem: string) =>
      call("PUT", `/certificate_request/${encodeURIComponent(certname)}`, { body: pem }),
    /** PUT certificate_status as the operator. */
    state: (certname: string, desired_state: "signed" | "revoked", more: Record<string, unknown> = {}) =>
      call("PUT", `/certificate_status/${certname}`, {
        as: asAdmin,
        body: JSON.stringify({ desired_state, ...more }),
        headers: json,
      }),
    send: (method: string, path: string, body: unknown, as: Peer = asAdmin) =>
      call(method, path, { as, body: JSON.stringify(body), headers: json }),
  };
};
