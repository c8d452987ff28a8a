import { describe, expect, it } from "vitest";
import { parseTarget } from "../../../handlers/puppet/target.ts";

describe("parseTarget", () => {
  it.each([
    ["/", "/", "/"],
    [
      "/puppet/v3/node/web01?environment=a&x=%2f..%2f",
      "/puppet/v3/node/web01",
      "/puppet/v3/node/web01?environment=a&x=%2f..%2f",
    ],
    ["/puppet/v3/node/web01%2eexample", "/puppet/v3/node/web01.example", "/puppet/v3/node/web01.example"],
    [
      "/puppet/v3/file_content/modules/demo/a%20b",
      "/puppet/v3/file_content/modules/demo/a b",
      "/puppet/v3/file_content/modules/demo/a%20b",
    ],
    ["/a/%C3%A4", "/a/ä", "/a/%C3%A4"],
    ["/a/ä".normalize().replace("ä", "%c3%a4"), "/a/ä", "/a/%C3%A4"],
    ["/a/x%3By", "/a/x;y", "/a/x%3By"],
    ["/a/+&=", "/a/+&=", "/a/%2B%26%3D"],
    ["/a/...", "/a/...", "/a/..."],
    ["/a/", "/a/", "/a/"],
    ["/a?b?c", "/a", "/a?b?c"],
    ["/a?", "/a", "/a?"],
    // Decoded once: what is encoded twice stays a name with a percent sign, and goes up as that.
    ["/a/%252e%252e/b", "/a/%2e%2e/b", "/a/%252e%252e/b"],
  ])("takes %s", (raw, path, upstream) => {
    expect(parseTarget(raw)).toMatchObject({ path, upstream });
  });

  it.each([
    "",
    "*",
    "puppet/v3",
    "http://example.test/puppet",
    "//puppet/v3",
    "/puppet//v3",
    "/puppet/v3//",
    "/puppet/./v3",
    "/puppet/../v3",
    "/..",
    "/puppet/%2e%2e/v3",
    "/puppet/%2E/v3",
    "/puppet/.%2e/v3",
    "/puppet%2fv3",
    "/puppet%2Fv3",
    "/puppet%5cv3",
    "/puppet\\v3",
    "/puppet/v3/node/web01;x",
    "/puppet/v3/node/%00",
    "/puppet/v3/node/%0a",
    "/puppet/v3/node/%7f",
    "/puppet/v3/node/%",
    "/puppet/v3/node/%zz",
    "/puppet/v3/node/%c3",
    "/puppet/v3/node/%ff",
    "/puppet/v3/node/%c0%af",
    "/puppet/v3/node/%ed%a0%80",
    "/puppet/v3/node/ä",
    "/puppet/v3/node/a b",
    "/puppet/v3/node/a#b",
  ])("refuses %s", (raw) => {
    expect(() => parseTarget(raw)).toThrow(expect.objectContaining({ code: "bad_request", field: "path" }));
  });
});
