import { readFileSync } from "node:fs";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  type PassedCatalog,
  readCatalogContent,
  sealCatalog,
} from "../../../../handlers/core/commands/whole-catalog.ts";

const recorded = readFileSync(new URL("../../../fixtures/puppet/catalogs/web01-run1.json", import.meta.url), "utf8");
const seen = (text: string, more: Partial<PassedCatalog> = {}): PassedCatalog => ({
  certname: "web01.example.test",
  contentType: "application/vnd.puppet.rich+json; charset=utf-8",
  contentEncoding: null,
  bytes: new TextEncoder().encode(text),
  receivedAt: Date.UTC(2026, 0, 1),
  ...more,
});
const packed = (pack: (text: string) => Uint8Array) => new Uint8Array(pack(recorded));

describe("a catalog that passed", () => {
  it("is read whole, secrets included, and what Puppet marked is known", async () => {
    const { content, marks, ...about } = await readCatalogContent(seen(recorded));
    const catalog = JSON.parse(recorded);
    expect(about).toEqual({
      certname: "web01.example.test",
      catalog_uuid: catalog.catalog_uuid,
      environment: "production",
      version: String(catalog.version),
      code_id: null,
      received_at: "2026-01-01T00:00:00.000Z",
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(content).toContain("hunter2-tls");
    expect(marks.values.length).toBeGreaterThan(0);
  });

  it("has the same content however it was compressed, and whatever compilation it is of", async () => {
    const { hash } = await readCatalogContent(seen(recorded));
    for (
      const each of [
        seen("", { bytes: packed(gzipSync), contentEncoding: "gzip" }),
        seen("", { bytes: packed(deflateSync), contentEncoding: "Deflate" }),
        seen(recorded, { contentType: "application/json" }),
        seen(JSON.stringify({ ...JSON.parse(recorded), catalog_uuid: "another", version: 5, code_id: "x" })),
      ]
    ) expect((await readCatalogContent(each)).hash).toBe(hash);
    const other = recorded.replace("hunter2-tls", "hunter3-tls");
    expect((await readCatalogContent(seen(other))).hash).not.toBe(hash);
  });

  it("shows nothing of itself once it is sealed", async () => {
    const sealed = sealCatalog(await readCatalogContent(seen(recorded)));
    expect(JSON.stringify(sealed)).not.toContain("hunter2-tls");
    expect(sealed.content.reveal()).toContain("hunter2-tls");
  });

  it.each([
    ["PSON", seen(recorded, { contentType: "text/pson" }), /type "text\/pson" cannot be read/],
    ["no type", seen(recorded, { contentType: null }), /cannot be read/],
    ["another encoding", seen(recorded, { contentEncoding: "br" }), /"br" cannot be read/],
    ["broken JSON", seen(recorded.slice(0, 500)), /Cannot parse JSON/],
    ["damaged gzip", seen("no gzip", { contentEncoding: "gzip" }), /is damaged/],
    ["bytes that are not UTF-8", seen("", { bytes: new Uint8Array([0x7b, 0xff]) }), /is damaged/],
    ["something else", seen('{"message":"no"}'), /is no catalog/],
    ["another node's catalog", seen(recorded, { certname: "db01.example.test" }), /another node's/],
  ] as [string, PassedCatalog, RegExp][])("is refused where it is %s", async (_, each, text) => {
    await expect(readCatalogContent(each)).rejects.toMatchObject({
      code: "bad_request",
      message: expect.stringMatching(text),
    });
  });
});
