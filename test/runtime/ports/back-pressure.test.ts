import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { gateSocket } from "../../../runtime/ports/gated-socket.ts";
import { createUpstream } from "../../../runtime/upstream/create-upstream.ts";
import { createTestClock } from "../../support/clock.ts";
import { createRecordingLog } from "../../support/log.ts";
import { createEstate, type Estate, startPuppetPort } from "../../support/puppet-port.ts";
import { startWebServer } from "../../support/web-server.ts";

const MB = 1_000_000;
const total = 60 * MB;
/** What may lie in the system's socket buffers and in ours, of all connections together. */
const underWay = 30 * MB;
const chunk = new Uint8Array(64 * 1024).fill(7);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});

/** Writes until `total` is out; tells how much is. */
const fill = (to: ServerResponse | Socket) => {
  const state = { sent: 0 };
  const go = () => {
    while (state.sent < total && !to.destroyed) {
      const piece = chunk.subarray(0, Math.min(chunk.length, total - state.sent));
      state.sent += piece.length;
      if (!to.write(piece)) return;
    }
    if (to.destroyed || state.sent < total) return;
    to.off("drain", go);
    // A request's end is told by its length; only an answer is ended.
    if ("statusCode" in to) to.end();
  };
  to.on("drain", go);
  go();
  return state;
};

const client = async (port: number): Promise<Socket> => {
  const gate = gateSocket(connect(port, "127.0.0.1"));
  const socket = connectTls({
    socket: gate.stream as Socket,
    ca: estate.bundle,
    servername: "localhost",
    cert: estate.web01.chain,
    key: estate.web01.key,
  });
  gate.follow(socket);
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  return socket;
};

describe("a slow end holds the other one back", () => {
  it("in a download", async () => {
    let state = { sent: 0 };
    const { port } = await startPuppetPort(estate, {
      answer: (_, outgoing) => {
        outgoing.writeHead(200, { "Content-Length": total });
        state = fill(outgoing);
      },
    });
    const socket = await client(port);
    socket.write(
      "GET /puppet/v3/file_content/modules/demo/big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    socket.pause();
    await wait(700);
    expect(state.sent).toBeGreaterThan(0);
    expect(state.sent).toBeLessThan(underWay);
    let got = 0;
    const ended = new Promise((resolve) => socket.once("end", resolve));
    socket.on("data", (data: Uint8Array) => got += data.length);
    socket.resume();
    await ended;
    expect(got).toBeGreaterThan(total);
    expect(state.sent).toBe(total);
  });

  it("in an upload", async () => {
    let go: () => void = () => {};
    let got = 0;
    const web = await startWebServer(undefined, undefined, (incoming, outgoing) => {
      go = () => {
        incoming.on("data", (data: Uint8Array) => got += data.length);
        incoming.on("end", () => outgoing.end("done"));
      };
      return true;
    });
    const upstream = createUpstream({
      urls: [web.url],
      tls: () => ({ cert: "", key: "", ca: undefined }),
      gate: undefined,
      clock: createTestClock(),
      log: createRecordingLog(),
    });
    onTestFinished(() => upstream.close());
    const { port } = await startPuppetPort(estate, { app: { upstream } });
    const socket = await client(port);
    socket.write(
      "PUT /puppet/v3/file_bucket_file/sha256/00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
        `Content-Length: ${total}\r\n\r\n`,
    );
    const state = fill(socket);
    let answer = "";
    const ended = new Promise((resolve) => socket.once("end", resolve));
    socket.on("data", (data) => answer += data);
    await wait(700);
    expect(state.sent).toBeGreaterThan(0);
    expect(state.sent).toBeLessThan(underWay);
    go();
    await ended;
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(got).toBe(total);
  });
});
