import { describe, expect, it } from "vitest";
import { createPasswords } from "../../runtime/passwords.ts";

const cheap = { ln: 4, r: 8, p: 1 };

describe("createPasswords", () => {
  it("verifies what it hashed, and nothing else", async () => {
    const passwords = createPasswords({ cost: cheap });
    const hash = await passwords.hash("correct horse");
    expect(hash).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await passwords.verify("correct horse", hash)).toBe(true);
    expect(await passwords.verify("correct horsE", hash)).toBe(false);
    expect(await passwords.verify("", hash)).toBe(false);
    expect(await passwords.hash("correct horse")).not.toBe(hash);
  });

  it("goes by the cost in the text, so that a later program can raise it", async () => {
    const old = await createPasswords({ cost: cheap }).hash("correct horse");
    expect(await createPasswords({ cost: { ln: 5, r: 8, p: 1 } }).verify("correct horse", old)).toBe(true);
  });

  it("is false for a text that it can't read, or that asks for too much", async () => {
    const passwords = createPasswords({ cost: cheap });
    const key = "A".repeat(43);
    const texts = [
      "",
      "x",
      `$scrypt$ln=30,r=8,p=1$AAAA$${key}`,
      `$scrypt$ln=4,r=99,p=1$AAAA$${key}`,
      "$scrypt$ln=4,r=8,p=1$AAAA$AA",
    ];
    for (const text of texts) expect(await passwords.verify("x", text)).toBe(false);
  });

  it("W36: takes its full cost off the event loop, two at a time", async () => {
    const passwords = createPasswords();
    let turns = 0;
    let running = true;
    const count = async () => {
      while (running) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        turns++;
      }
    };
    const counting = count();
    const hash = await passwords.hash("correct horse");
    const verified = await Promise.all(["correct horse", "wrong"].map((each) => passwords.verify(each, hash)));
    running = false;
    await counting;
    expect(hash).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$/);
    expect(verified).toEqual([true, false]);
    expect(turns).toBeGreaterThan(20);
  });

  it("refuses more at once than it can bear", async () => {
    const passwords = createPasswords({ cost: cheap, atOnce: 1, waiting: 2 });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => passwords.hash("x")));
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect((results[3] as PromiseRejectedResult).reason).toMatchObject({ code: "unavailable", retryAfter: 5 });
    expect(await passwords.verify("x", await passwords.hash("x"))).toBe(true);
  });
});
