import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type CaClient = ReturnType<typeof createCaClient>;

/** Someone who may administer a Puppet CA, over one kept connection a question at a time. */
export const createCaClient = (
  port: number,
  material: { readonly cert: string; readonly key: string; readonly ca: string },
) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ...material });
  const ask = (
    method: string,
    path: string,
    body?: string,
    type = "application/json",
  ): Promise<{ status: number; bytes: number; text: string }> =>
    new Promise((resolve, reject) => {
      const asked = request({
        host: "localhost",
        port,
        agent,
        method,
        path: `/puppet-ca/v1/${path}`,
        headers: { Accept: type, "Content-Type": type },
      }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => {
          const whole = Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, bytes: whole.length, text: whole.subarray(0, 500).toString() });
        });
        response.on("error", reject);
      });
      asked.on("error", reject);
      asked.end(body);
    });
  const expect = async (status: number, ...what: Parameters<typeof ask>) => {
    const answer = await ask(...what);
    if (answer.status !== status) throw new Error(`${what[0]} ${what[1]}: ${answer.status} ${answer.text}`);
    return answer;
  };
  return {
    list: (state: string) => expect(200, "GET", `certificate_statuses/all?state=${state}`),
    revoke: (certname: string) => expect(204, "PUT", `certificate_status/${certname}`, '{"desired_state":"revoked"}'),
    crl: () => expect(200, "GET", "certificate_revocation_list/ca", undefined, "text/plain"),
    /** From a request to the certificate, as an agent that is signed by itself. */
    enrol: async (certname: string, csr: string) => {
      await expect(200, "PUT", `certificate_request/${certname}`, csr, "text/plain");
      await expect(200, "GET", `certificate/${certname}`, undefined, "text/plain");
    },
    close: () => agent.destroy(),
  };
};

/** Requests of one key for many names, made before the clock runs. */
export const requestsFor = (
  names: readonly string[],
): { readonly key: string; readonly requests: ReadonlyMap<string, string> } => {
  const dir = mkdtempSync(join(tmpdir(), "hoppetdb-csr-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "ignore" });
  openssl("genrsa", "-out", "key.pem", "2048");
  const key = readFileSync(join(dir, "key.pem"), "utf8");
  const requests = new Map(names.map((name) => {
    openssl("req", "-new", "-key", "key.pem", "-subj", `/CN=${name}`, "-out", "csr.pem");
    return [name, readFileSync(join(dir, "csr.pem"), "utf8")];
  }));
  rmSync(dir, { recursive: true });
  return { key, requests };
};
