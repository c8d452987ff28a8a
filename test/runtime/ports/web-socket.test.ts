import { beforeAll, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createEstate, type Estate, startPuppetPort } from "../../support/puppet-port.ts";

let estate: Estate;
beforeAll(async () => {
  estate = await createEstate();
});

it("a WebSocket stands on a port, with the peer's verified name", async () => {
  const server = new WebSocketServer({ noServer: true });
  onTestFinished(() => server.close());
  const { port } = await startPuppetPort(estate, {
    port: {
      upgrade: (incoming, socket, head, { peer }) => {
        if (peer?.kind !== "verified") return false;
        server.handleUpgrade(incoming, socket, head, (ws) => {
          ws.on("message", (data) => ws.send(`${peer.certname} said ${data}`));
        });
        return true;
      },
    },
  });
  const { web01: { chain, key }, bundle } = estate;
  const client = new WebSocket(`wss://localhost:${port}/`, { cert: chain, key, ca: bundle });
  onTestFinished(() => client.terminate());
  const answers: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.on("open", () => {
      client.send("hello");
      client.send("x".repeat(200_000));
    });
    client.on("message", (data) => {
      if (answers.push(String(data)) === 2) resolve();
    });
  });
  expect(answers[0]).toBe("web01.example.test said hello");
  expect(answers[1]).toHaveLength(200_000 + "web01.example.test said ".length);
});
