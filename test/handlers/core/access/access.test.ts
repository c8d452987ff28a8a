import { describe, expect, it } from "vitest";
import { addressGroup } from "../../../../handlers/core/access/address-group.ts";
import { checkPassword } from "../../../../handlers/core/access/password-rules.ts";
import { createSessions } from "../../../../handlers/core/access/sessions.ts";
import { createUsers, normaliseUserId } from "../../../../handlers/core/access/users.ts";
import { AppError } from "../../../../handlers/errors.ts";
import { createTestClock } from "../../../support/clock.ts";
import { createMemoryDocuments } from "../../../support/documents.ts";
import { createTestIds } from "../../../support/ids.ts";
import { createTestPasswords } from "../../../support/passwords.ts";

const password = "correct horse battery staple";

const setUp = () => {
  const clock = createTestClock();
  const memory = createMemoryDocuments(clock);
  const ids = createTestIds();
  const passwords = createTestPasswords();
  const users = createUsers({ ...memory, passwords, ids, clock });
  return { clock, memory, ids, passwords, users };
};

describe("users", () => {
  it("get an admin while there is no one, once", async () => {
    const { users, memory } = setUp();
    expect(await users.createAdmin(password)).toBe(true);
    expect(await users.createAdmin("some other pass phrase")).toBe(false);
    expect(memory.dump("users")).toHaveLength(1);
    expect(await users.find("admin")).toMatchObject({ id: "admin", admin: true });
    expect(await users.verify("admin", password)).toMatchObject({ id: "admin" });
  });

  it("get one admin from two processes that start at once", async () => {
    const one = setUp();
    const other = createUsers({ ...one, ...one.memory });
    const made = await Promise.all([one.users.createAdmin(password), other.createAdmin("some other pass phrase")]);
    expect(made.sort()).toEqual([false, true]);
    expect(one.memory.dump("users")).toHaveLength(1);
  });

  it("show no hash to anyone", async () => {
    const { users } = setUp();
    await users.createAdmin(password);
    expect(Object.keys((await users.find("admin"))!).sort()).toEqual(["admin", "id", "password_id"]);
    expect(Object.keys((await users.verify("admin", password))!).sort()).toEqual(["admin", "id", "password_id"]);
  });

  it("take a password for the same, whichever form its letters came in", async () => {
    const { users } = setUp();
    await users.createAdmin("Grüße aus Gießen".normalize("NFD"));
    expect(await users.verify("admin", "Grüße aus Gießen".normalize("NFC"))).toBeDefined();
  });

  it("W36: cost one hash for a known and an unknown name alike", async () => {
    const { users, passwords } = setUp();
    await users.createAdmin(password);
    await users.verify("admin", "x");
    const costs = [];
    for (const name of ["admin", "nobody", "ad*", ""]) {
      const before = passwords.computed;
      await users.verify(name, "x");
      costs.push(passwords.computed - before);
    }
    expect(costs).toEqual([1, 1, 1, 1]);
  });

  it("don't lose a change that someone else makes at the same time", async () => {
    const { users, memory } = setUp();
    await users.createAdmin(password);
    const { get } = memory.documents;
    memory.documents.get = async (name, id) => {
      const found = await get(name, id);
      memory.documents.get = get;
      const { version, ...document } = found!;
      await memory.documents.replace(name, { ...document, email: "a@example.com" }, version);
      return found as never;
    };
    await expect(users.changePassword("admin", "another pass phrase")).rejects.toMatchObject({
      code: "precondition_failed",
    });
  });
});

describe("normaliseUserId", () => {
  it("takes what can be a name and makes equal what looks equal", () => {
    for (
      const [text, id] of [["Admin", "admin"], [" j.doe ", "j.doe"], ["ＡＢＣ", "abc"], ["Jürgen@ex", "jürgen@ex"]]
    ) {
      expect(normaliseUserId(text!)).toBe(id);
    }
  });

  it("takes nothing that would be something else in a path, a permission or a log (W34)", () => {
    for (const text of ["", "_self", "_new", "a:b", "a/b", "a b", "a\nb", "-x", "..", "a\0", "x".repeat(200)]) {
      expect(normaliseUserId(text)).toBeUndefined();
    }
  });
});

describe("checkPassword", () => {
  const reason = (text: string) => {
    try {
      checkPassword(text, "admin");
      return undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).message).not.toContain(text);
      return (error as AppError).code;
    }
  };

  it("wants 12 characters, counted as people do, and not the obvious", () => {
    for (
      const text of ["short", "elevenchars", "👍👍👍👍👍👍", "abababababababab", "adminadminadmin", "password1234"]
    ) {
      expect([text, reason(text)]).toEqual([text, "invalid"]);
    }
    expect(reason("x1y2z3".repeat(100))).toBe("invalid");
    for (const text of [password, "twelve chars", "дванадцять знаків", "administers the estate"]) {
      expect([text, reason(text)]).toEqual([text, undefined]);
    }
  });
});

describe("addressGroup", () => {
  it("is the address, or the /64 of an IPv6 one, however it is written", () => {
    const groups: [string, string | undefined][] = [
      ["192.0.2.1", "192.0.2.1"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["2001:db8::1", "2001:db8:0:0::/64"],
      ["2001:0DB8:0000:0000:ffff::2", "2001:db8:0:0::/64"],
      ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
      ["fe80::1%eth0", "fe80:0:0:0::/64"],
      ["::1", "0:0:0:0::/64"],
      ["unix", undefined],
    ];
    for (const [address, group] of groups) expect([address, addressGroup(address)]).toEqual([address, group]);
  });
});

describe("sessions", () => {
  it("ask the store once while nothing changes", async () => {
    const { clock, memory, ids, users } = setUp();
    await users.createAdmin(password);
    const sessions = createSessions({ ...memory, users, ids, clock });
    const { token } = await sessions.start((await users.find("admin"))!, "192.0.2.1");
    let asked = 0;
    const { get } = memory.documents;
    memory.documents.get = (name, id) => (asked++, get(name, id)) as never;
    for (let i = 0; i < 10; i++) expect((await sessions.find(token))?.user.id).toBe("admin");
    expect(asked).toBe(2);
  });

  it("keep nothing of tokens that open nothing", async () => {
    const { clock, memory, ids, users } = setUp();
    const sessions = createSessions({ ...memory, users, ids, clock });
    expect(await sessions.find("A".repeat(43))).toBeUndefined();
    expect(await sessions.find("' OR 1=1 --")).toBeUndefined();
    expect(await sessions.find("")).toBeUndefined();
  });
});
