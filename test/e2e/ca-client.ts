import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import process from "node:process";
import { connect } from "node:tls";
import { type Ran, run } from "./stack.ts";

/** Who asks, PEM; without certificate and key he is a stranger. `ca` is what he believes. */
export type Client = { readonly ca: string; readonly cert?: string; readonly key?: string };

export type Answer = { readonly status: number; readonly body: string };

/** One request on a connection of its own. */
export const ask = (url: string, client: Client, method = "GET", body = "", type = "text/plain"): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = method === "GET" ? {} : { "Content-Type": type, "Content-Length": Buffer.byteLength(body) };
    const asked = request(url, { method, headers, agent: false, ...client }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (data: string) => text += data);
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });

/** The CA's bundle, fetched as a new agent does: from a server that nobody vouches for yet. */
export const fetchBundle = async (ca: string): Promise<string> => {
  const insecure = { ca: "", rejectUnauthorized: false } as Client;
  const { status, body } = await ask(`${ca}/certificate/ca`, insecure);
  if (status !== 200) throw new Error(`certificate/ca answered ${status}: ${body}`);
  return body;
};

/** An open connection of a client that may go on with it. `answer` is the head of what it got first. */
export const keepOpen = (port: number, path: string, client: Client) => {
  const socket = connect({ host: "127.0.0.1", servername: "localhost", port, ...client });
  const closed = new Promise<number>((resolve) => socket.on("close", () => resolve(performance.now())));
  const answer = new Promise<string>((resolve, reject) => {
    socket.on("error", reject);
    socket.once("data", (data: Uint8Array) => resolve(new TextDecoder().decode(data)));
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
  return { answer, closed, end: () => socket.destroy() };
};

/** What must not fail; its output. */
export const must = async (command: string, args: readonly string[]): Promise<string> => {
  const { status, output } = await run(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${output}`);
  return output;
};

/** A key and a request of openssl's, and what the CA makes of it by itself. The files are `NAME.key` and `NAME.pem`. */
export const enrol = async (ca: string, bundle: string, dir: string, name: string, altNames = ""): Promise<Client> => {
  const [key, csr, pem] = ["key", "csr", "pem"].map((end) => join(dir, `${name}.${end}`)) as [string, string, string];
  const names = altNames === "" ? [] : ["-addext", `subjectAltName=${altNames}`];
  const request = ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, ...names];
  await must("openssl", [...request, "-keyout", key, "-out", csr]);
  const put = await ask(`${ca}/certificate_request/${name}`, { ca: bundle }, "PUT", readFileSync(csr, "utf8"));
  const got = await ask(`${ca}/certificate/${name}`, { ca: bundle });
  if (put.status !== 200 || got.status !== 200) {
    throw new Error(`No certificate for ${name}: ${put.status} ${put.body}, ${got.status} ${got.body}`);
  }
  writeFileSync(pem, got.body);
  return { ca: bundle, cert: got.body, key: readFileSync(key, "utf8") };
};

export type CaCommand = (...words: string[]) => Promise<Ran>;

/** Debian's `puppetserver ca`, with the certificate of an operator and a configuration of its own in `dir`. */
export const caCommand = (
  dir: string,
  port: number,
  name: string,
  client: Required<Client>,
  crl: string,
): CaCommand => {
  const put = (file: string, text: string) => {
    const path = join(dir, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  put("ssl/certs/ca.pem", client.ca);
  put("ssl/crl.pem", crl);
  put(`ssl/certs/${name}.pem`, client.cert);
  put(`ssl/private_keys/${name}.pem`, client.key);
  const config = put(
    "puppet.conf",
    [
      "[main]",
      `certname = ${name}`,
      `confdir = ${dir}`,
      `ssldir = ${dir}/ssl`,
      `cadir = ${dir}/none`,
      "server = localhost",
      `serverport = ${port}`,
      "keylength = 2048",
      "",
    ].join("\n"),
  );
  return (...words) => run("puppetserver", ["ca", ...words, "--config", config]);
};

/** `puppet ssl WORDS` as an agent. */
export const puppetSsl = (agentDir: string, name: string, ...words: string[]): Promise<Ran> =>
  run("puppet", [
    "ssl",
    ...words,
    ...["--certname", name, "--confdir", join(agentDir, "etc"), "--vardir", join(agentDir, "var")],
    ...["--ssldir", join(agentDir, "ssl"), "--color", "false"],
  ], { HOME: agentDir, PATH: process.env.PATH ?? "" });

/** The answer of openssl's OCSP client: good, revoked or unknown, its signature verified. */
export const ocspStatus = async (url: string, bundle: string, issuer: string, cert: string): Promise<string> => {
  const said = await must("openssl", ["ocsp", "-issuer", issuer, "-cert", cert, "-url", url, "-CAfile", bundle]);
  if (!said.includes("Response verify OK")) throw new Error(said);
  return said.split("\n").find((line) => line.startsWith(`${cert}: `))?.slice(cert.length + 2) ?? said;
};
