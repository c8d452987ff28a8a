import { describe, expect, it } from "vitest";
import { detailsOf, longestState } from "../../../../handlers/core/audit/details.ts";
import { AppError } from "../../../../handlers/errors.ts";
import type { AuditEvent } from "../../../../handlers/interfaces/audit.ts";
import { seal } from "../../../../handlers/interfaces/sealed.ts";
import { eventOf } from "../../../support/audit.ts";
import { redactorOf } from "../../../support/estate.ts";

const secrets = ["hunter2-is-secret", "nine8seven6"];
const of = (event: Partial<AuditEvent>) => {
  const { target, before, after } = detailsOf(eventOf(event), () => redactorOf(secrets));
  const parsed = (text: string | null) => text === null ? null : JSON.parse(text);
  return { target, before: parsed(before), after: parsed(after) };
};

describe("the details of an event", () => {
  it("hold no known secret, in whatever form and place", () => {
    const found = of({
      target: "nodes/hunter2-is-secret",
      before: { note: "it was hunter2-is-secret", list: ["nine8seven6"] },
      after: { "hunter2-is-secret": 1, note: btoa("nine8seven6") },
    });
    const text = JSON.stringify(found);
    for (const secret of [...secrets, btoa("nine8seven6")]) expect(text).not.toContain(secret);
    expect(found.target).toBe("nodes/XXXXX");
    expect(found.before.note).toBe("it was XXXXX");
  });

  it("hold nothing that stands under the name of a secret, known or not", () => {
    const after = {
      password: "a",
      old_password: "a",
      newPassword: "a",
      secret: "a",
      secret_hash: "a",
      hash: "a",
      token: ["a"],
      accessTokens: { x: "a" },
      "private-key": "a",
      private_key_pem: "a",
      "X-Api-Key": "a",
      deep: [{ passphrase: 1234 }],
    };
    expect(JSON.stringify(of({ after }).after)).not.toMatch(/"a"|1234/);
  });

  it("keep what only sounds like it", () => {
    const after = {
      password_changed: true,
      has_password: true,
      password: null,
      secret_id: "i",
      fingerprint: "f",
      keys: 2,
      tokens_left: 3,
      key: "k",
    };
    expect(of({ after }).after).toEqual(after);
  });

  it("are what differs of two states, and the id", () => {
    const before = { id: "ops", name: "a", users: ["x"], same: { a: [1] }, gone: 1, password: "one" };
    const after = { id: "ops", name: "b", users: ["x", "y"], same: { a: [1] }, come: null, password: "two" };
    expect(of({ before, after })).toMatchObject({
      before: { id: "ops", name: "a", users: ["x"], gone: 1, password: "XXXXX" },
      after: { id: "ops", name: "b", users: ["x", "y"], come: null, password: "XXXXX" },
    });
    expect(of({ before: { id: "ops", a: 1 }, after: { id: "ops", a: 1 } })).toMatchObject({
      before: { id: "ops" },
      after: { id: "ops" },
    });
    expect(of({ before: [1], after: { a: 1 } })).toMatchObject({ before: [1], after: { a: 1 } });
    expect(of({ after: { a: 1 } })).toMatchObject({ before: null, after: { a: 1 } });
  });

  it("are bounded", () => {
    expect(of({ after: { text: "é".repeat(longestState) } }).after).toEqual({ truncated: 2 * longestState + 11 });
    expect(of({ after: "x".repeat(2_000_000) }).after).toEqual({ truncated: 2_000_002 });
    expect(of({ after: "x".repeat(longestState - 2) }).after).toHaveLength(longestState - 2);
    expect(of({ target: "t".repeat(10_000) }).target).toHaveLength(500);
  });

  it("take what is no JSON, and what is made to break JSON", () => {
    expect(of({ after: 1n }).after).toEqual({ unreadable: true });
    expect(of({ after: seal("x") }).after).toBe("[sealed]");
    expect(of({ after: () => 1 }).after).toBeNull();
    const proto = JSON.parse('{"__proto__": {"password": "a"}, "constructor": 1}');
    expect(JSON.stringify(of({ after: proto }).after)).toBe('{"__proto__":{"password":"XXXXX"},"constructor":1}');
    const deep = detailsOf(eventOf({ after: JSON.parse("[".repeat(5_000) + "]".repeat(5_000)) }), () => redactorOf([]));
    expect(deep.after!.length).toBeLessThanOrEqual(longestState);
    expect(of({ target: "nodes/\ud800x" }).target).toBe("nodes/\ufffdx");
  });

  it("show nothing where the known secrets can't be read", () => {
    const broken = () => {
      throw new AppError("unavailable", "The known secrets are not loaded yet");
    };
    expect(detailsOf(eventOf({ target: "t", before: { a: 1 } }), broken)).toEqual({
      target: "XXXXX",
      before: '"XXXXX"',
      after: null,
    });
  });
});
