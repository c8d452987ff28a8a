import { describe, expect, it } from "vitest";
import { AppError } from "../../../handlers/errors.ts";
import type { DeadLetter } from "../../../handlers/interfaces/queue.ts";
import { seal } from "../../../handlers/interfaces/sealed.ts";
import { createTestManagement } from "../../support/management.ts";

const path = "/api/v1/dead_letters";

const letterOf = (id: string, certname: string): DeadLetter => ({
  id,
  certname,
  command: "replace catalog",
  version: 9,
  received_at: "2026-01-01T00:00:00.000Z",
  stage: "forward",
  reason: seal(`resources[3].title: "s3cr3t-value" is no title`),
  size: 1234,
});
const setUp = async (replay?: (id: string) => Promise<boolean>) => {
  const letters = [letterOf("a", "web01.example.com"), letterOf("b", "db01.example.com")];
  const made = await createTestManagement({ letters, deps: replay ? { replay } : {} });
  const call = await made.loggedIn();
  await call("POST", "/api/v1/nodes_secrets_redactor", { value: "s3cr3t-value" });
  return { ...made, call };
};

describe("dead_letters", () => {
  it("are listed with node and reason, secrets replaced", async () => {
    const { call } = await setUp();
    const { result, meta } = await (await call("GET", path)).json();
    expect(meta).toEqual({ result_size: 2 });
    expect(result[0]).toEqual({
      id: "a",
      certname: "web01.example.com",
      command: "replace catalog",
      version: 9,
      received_at: "2026-01-01T00:00:00.000Z",
      stage: "forward",
      reason: 'resources[3].title: "XXXXX" is no title',
      size: 1234,
    });
    expect(await (await call("GET", `${path}/a`)).json()).toEqual(result[0]);
    const of = await (await call("GET", `${path}?certname=db01.example.com&fields=id`)).json();
    expect(of).toEqual({ result: [{ id: "b" }], meta: { result_size: 1 } });
    const second = await (await call("GET", `${path}?limit=1&page=1&fields=id`)).json();
    expect(second).toEqual({ result: [{ id: "b" }], meta: { result_size: 2 } });
  });

  it("are replayed", async () => {
    const replayed: string[] = [];
    const { call } = await setUp((id) => Promise.resolve(replayed.push(id) > 0));
    const response = await call("POST", `${path}/a/replay`);
    expect([response.status, await response.json(), replayed]).toEqual([200, {}, ["a"]]);
  });

  it("say why when they fail again, secrets replaced, in the log too", async () => {
    const { call, log } = await setUp(() => Promise.reject(new AppError("bad_request", 'title: "s3cr3t-value"')));
    const response = await call("POST", `${path}/a/replay`);
    expect([response.status, (await response.json()).detail]).toEqual([400, 'title: "XXXXX"']);
    expect(log.text()).not.toContain("s3cr3t");
  });

  it("are dropped", async () => {
    const { call, letters } = await setUp();
    expect((await call("DELETE", `${path}/a`)).status).toBe(200);
    expect(letters.map(({ id }) => id)).toEqual(["b"]);
  });

  it("that are not there are 404", async () => {
    const { call } = await setUp(() => Promise.resolve(false));
    for (const [method, rest] of [["GET", "/x"], ["POST", "/x/replay"], ["DELETE", "/x"]] as const) {
      expect([method, (await call(method, path + rest)).status]).toEqual([method, 404]);
    }
  });
});
