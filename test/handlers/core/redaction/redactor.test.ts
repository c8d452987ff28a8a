import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { extractMarks } from "../../../../handlers/core/redaction/marks.ts";
import { createRedactor, patternsOf } from "../../../../handlers/core/redaction/redactor.ts";
import type { Marks } from "../../../../handlers/interfaces/command.ts";
import { placeholder, type ShapeName } from "../../../../handlers/interfaces/redactor.ts";
import { seal } from "../../../../handlers/interfaces/sealed.ts";

const fixtures = new URL("../../../fixtures/puppet/", import.meta.url);
const recorded = (path: string) => JSON.parse(readFileSync(new URL(path, fixtures), "utf8"));

const redactorOf = (...secrets: string[]) => createRedactor({ patterns: patternsOf(secrets), version: 1 });
const redact = (secrets: string[], shape: ShapeName, value: unknown, marks: Marks = { values: [], parameters: {} }) =>
  redactorOf(...secrets).with(seal(marks)).redact(seal(JSON.stringify(value)), shape).value;
const redactExact = (secrets: string[], text: string): string => redactorOf(...secrets).redact(seal(text), "json").text;

describe("known secrets", () => {
  it("are replaced in keys and values at any depth", () => {
    expect(redact(["hunter2"], "json", { "a hunter2": [{ b: ["x-hunter2-y", "plain"] }], c: null, d: true })).toEqual({
      "a XXXXX": [{ b: ["x-XXXXX-y", "plain"] }],
      c: null,
      d: true,
    });
    expect(redact(["hunter2"], "text", "say hunter2")).toBe("say XXXXX");
    expect(redact(["hunter2"], "text", null)).toBeNull();
    expect(redact(["hunter2"], "tags", ["class", "hunter2"])).toEqual(["class", "XXXXX"]);
    expect(redactorOf("hunter2").redactText(seal("hunter2hunter2!"))).toBe("XXXXX!");
  });

  it("that overlap become one placeholder", () => {
    expect(redact(["secret-one", "one-more-two", "two-three"], "json", ["<secret-one-more-two-three>"])).toEqual([
      "<XXXXX>",
    ]);
    const marks = { values: ["one-more-two"], parameters: {} };
    expect(redact(["secret-one"], "json", ["<secret-one-more-two>"], marks)).toEqual(["<XXXXX>"]);
  });

  it("don't make keys collide", () => {
    const value = { hunter2: 1, "correct horse": 2, XXXXX: 3, "XXXXX#2": 4, "a hunter2": 5, "a correct horse": 6 };
    const shown = redact(["hunter2", "correct horse"], "json", value);
    expect(Object.entries(shown as object)).toEqual([
      ["XXXXX#3", 1],
      ["XXXXX#4", 2],
      ["XXXXX", 3],
      ["XXXXX#2", 4],
      ["a XXXXX", 5],
      ["a XXXXX#2", 6],
    ]);
  });

  it("are found in numbers, which then are texts", () => {
    expect(redactExact(["12345678"], '{"a":12345678,"b":-9123456789.5,"c":1234567}')).toBe(
      '{"a":"XXXXX","b":"XXXXX","c":1234567}',
    );
    expect(redactExact(["900719925474099312"], "[900719925474099312,9007199254740993,5e-07,1.0]")).toBe(
      '["XXXXX",9007199254740993,5e-07,1.0]',
    );
    expect(redactExact(["hunter2"], '[12345678901234567890,"hunter2",1e5,-0]')).toBe(
      '[12345678901234567890,"XXXXX",1e5,-0]',
    );
  });

  it("leave a text that has none as it is, to the letter", () => {
    const text = ' {"a" : 1.0, "b":"\\u0041\\/", "a":9007199254740993} ';
    expect(redactorOf("hunter2").redact(seal('{"a" : 1.0}'), "json").text).toBe('{"a" : 1.0}');
    expect(JSON.parse(redactorOf("hunter2").redact(seal(text), "json").text)).toEqual(JSON.parse(text));
  });

  it("are found however the text escapes them", () => {
    const escaped = [..."hunter2"].map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
    expect(redactExact(["hunter2"], `{"${escaped}":["a${escaped}"]}`)).toBe('{"XXXXX":["aXXXXX"]}');
    expect(redactExact(["a/b/c/d"], '["a\\/b\\/c\\/d"]')).toBe('["XXXXX"]');
    expect(redactExact(["tab\there"], '["tab\\there","tab\\u0009here"]')).toBe('["XXXXX","XXXXX"]');
    expect(redactExact(['say "hi"'], '["{\\"x\\":\\"say \\\\\\"hi\\\\\\"\\"}"]')).toBe('["{\\"x\\":\\"XXXXX\\"}"]');
  });

  it("leave __proto__ a plain key", () => {
    const text = '{"__proto__":{"hunter2":1},"constructor":"hunter2"}';
    expect(redactExact(["hunter2"], text)).toBe('{"__proto__":{"XXXXX":1},"constructor":"XXXXX"}');
    expect(redactExact(["hunter2"], '{"hunter2":0,"__proto__":1}')).toBe('{"XXXXX":0,"__proto__":1}');
  });

  it("in what can't be parsed or is nested absurdly: all of it is hidden", () => {
    expect(redactExact(["hunter2"], '{"a":"hunter2"')).toBe('"XXXXX"');
    expect(redactExact(["hunter2"], `${"[".repeat(50_000)}"hunter2"${"]".repeat(50_000)}`)).toBe('"XXXXX"');
  });
});

describe("own fields", () => {
  const logs = [{
    file: "/etc/notice/site.pp",
    line: 1234567,
    level: "notice",
    message: "notice of 2026-11-22",
    source: "Puppet",
    tags: ["notice"],
    time: "2026-11-22T22:43:12.101+00:00",
  }];

  it("are left alone, whatever the secrets are", () => {
    expect(redact(["notice", "2026-11-22", "1234567", "message"], "logs", logs)).toEqual([{
      ...logs[0],
      file: "/etc/XXXXX/site.pp",
      message: "XXXXX of XXXXX",
      tags: ["XXXXX"],
    }]);
  });

  it("are searched when something else stands in them, and so are fields that nobody knows", () => {
    const odd = [{
      ...logs[0],
      level: "hunter2",
      time: { hunter2: "hunter2" },
      line: "hunter2",
      "hunter2 field": "hunter2",
    }];
    expect(redact(["hunter2"], "logs", odd)).toEqual([{
      ...logs[0],
      level: "XXXXX",
      time: { XXXXX: "XXXXX" },
      line: "XXXXX",
      "XXXXX field": "XXXXX",
    }]);
    expect(redact(["hunter2"], "logs", { hunter2: "hunter2" })).toEqual({ XXXXX: "XXXXX" });
    expect(redact(["hunter2"], "resources", ["hunter2", [["hunter2"]]])).toEqual(["XXXXX", [["XXXXX"]]]);
  });

  it("of edges in all their forms", () => {
    const edges = [
      { source: "File[/hunter2]", target: "Class[Main]" },
      {
        source_type: "Hunter2",
        source_title: "hunter2",
        target_type: "File",
        target_title: "x",
        relationship: "contains",
      },
      {
        source: { type: "Contains", title: "hunter2" },
        target: { type: "File", title: "b" },
        relationship: "required-by",
      },
    ];
    expect(redact(["hunter2", "contains", "required-by", "Contains", "Hunter2"], "edges", edges)).toEqual([
      { source: "File[/XXXXX]", target: "Class[Main]" },
      { ...edges[1], source_title: "XXXXX" },
      { ...edges[2], source: { type: "Contains", title: "XXXXX" } },
    ]);
  });

  it("of a node's trusted facts; names of facts are foreign", () => {
    const trusted = {
      authenticated: "remote",
      certname: "web01.example.test",
      hostname: "web01",
      domain: "example.test",
    };
    const facts = {
      trusted: { ...trusted, extensions: { pp_role: "web01.example" }, external: {} },
      "web01.example": "web01.example",
    };
    expect(redact(["web01.example", "remote", "hostname", "trusted", "example.test"], "facts", facts)).toEqual({
      trusted: { ...trusted, extensions: { pp_role: "XXXXX" }, external: {} },
      XXXXX: "XXXXX",
    });
  });
});

describe("what Puppet marks", () => {
  const resource = {
    type: "File",
    title: "/etc/token",
    tags: ["file"],
    parameters: { ensure: "file", content: { deep: ["unregistered"] }, mode: "0600" },
    sensitive_parameters: ["content", "none"],
  };
  const shownResource = { ...resource, parameters: { ensure: "file", content: placeholder, mode: "0600" } };

  it("in sensitive_parameters is hidden whole, its name stays", () => {
    expect(redact([], "resources", [resource])).toEqual([shownResource]);
    expect(redact([], "catalog", { name: "web01", resources: [resource] })).toEqual({
      name: "web01",
      resources: [shownResource],
    });
  });

  it("as Sensitive is hidden anywhere, in any shape", () => {
    const sensitive = { __ptype: "Sensitive", __pvalue: "unregistered" };
    for (const shape of ["json", "facts", "parameters", "text"] as const) {
      expect(
        redact([], shape, { a: [sensitive, { b: sensitive }], c: { __ptype: "Deferred", arguments: [sensitive] } }),
      )
        .toEqual({ a: [placeholder, { b: placeholder }], c: { __ptype: "Deferred", arguments: [placeholder] } });
    }
    expect(redact([], "resources", [{ ...resource, sensitive_parameters: [], parameters: { content: sensitive } }]))
      .toEqual([{ ...resource, sensitive_parameters: [], parameters: { content: placeholder } }]);
    expect(redact([], "json", [{ __ptype: "Sensitive[String]", value: 1 }, { __pcore_type__: "Sensitive" }])).toEqual([
      placeholder,
      placeholder,
    ]);
    expect(redactExact([], '[{"__ptype":"\\u0053ensitive","__pvalue":"unregistered"}]')).toBe('["XXXXX"]');
    expect(redact([], "metrics", [sensitive])).toEqual([placeholder]);
  });

  const marks: Marks = {
    values: ["marked-value", "654321987"],
    parameters: { "File[/etc/a/b]": ["content"], "Demo[x]": ["value"] },
  };

  it("hides the values everywhere else for that node", () => {
    expect(redact([], "facts", { seen: "is marked-value", n: 654321987 }, marks)).toEqual({
      seen: "is XXXXX",
      n: placeholder,
    });
    expect(redactorOf("known-one").with(seal(marks)).redactText(seal("known-one, marked-value"))).toBe("XXXXX, XXXXX");
    expect(redactorOf().redactText(seal("marked-value"))).toBe("marked-value");
  });

  it("hides the parameters in resources that don't say so themselves", () => {
    const { sensitive_parameters: _, ...row } = { ...resource, title: "/etc/a/b" };
    expect(redact([], "resources", [row, { ...row, title: "/etc/other" }], marks)).toEqual([
      { ...row, parameters: shownResource.parameters },
      { ...row, title: "/etc/other" },
    ]);
  });

  it("hides what events of such a parameter tell", () => {
    const event = {
      status: "success",
      property: "content",
      name: "content_changed",
      new_value: "a",
      old_value: null,
      message: "m",
    };
    const other = { ...event, property: "mode" };
    const report = [
      { resource_type: "File", resource_title: "/etc/a/b", events: [event, other] },
      { resource_type: "File", resource_title: "/etc/a", events: [event] },
    ];
    expect(redact([], "report_resources", report, marks)).toEqual([
      {
        ...report[0],
        events: [{ ...event, new_value: placeholder, old_value: placeholder, message: placeholder }, other],
      },
      report[1],
    ]);
  });

  it("hides log lines about such a parameter", () => {
    const line = (source: string) => ({ level: "notice", source, message: "changed a to b" });
    const hidden = ["/Stage[main]/Demo/File[/etc/a/b]/content", "File[/etc/a/b]/content", "/Demo[x]/value"];
    const shown = [
      "/File[/etc/a/b]/mode",
      "/File[/etc/a/b]",
      "/File[/etc/a]/b]/content/x",
      "/XFile[/etc/a/b]/content",
      "Puppet",
      "/",
    ];
    const result = redact([], "logs", [...hidden, ...shown].map(line), marks);
    expect(result).toEqual([
      ...hidden.map((source) => ({ ...line(source), message: placeholder })),
      ...shown.map(line),
    ]);
    const long = [line(`${"/".repeat(500_000)}]/content`)];
    expect(redact([], "logs", long, marks)).toEqual(long);
  });

  it("hides secret extensions of certificates", () => {
    const extensions = {
      pp_role: "db",
      pp_preshared_key: "psk",
      "1.3.6.1.4.1.34380.1.2.1.1": "private",
      my_token: "t",
    };
    const hidden = {
      pp_role: "db",
      pp_preshared_key: placeholder,
      "1.3.6.1.4.1.34380.1.2.1.1": placeholder,
      my_token: placeholder,
    };
    const trusted = { authenticated: "remote", certname: "db01.example.test", extensions };
    expect(redact([], "facts", { trusted, big: 1 })).toEqual({ trusted: { ...trusted, extensions: hidden }, big: 1 });
    expect(redact([], "json", trusted)).toEqual({ ...trusted, extensions: hidden });
    expect(redact([], "json", { any: [{ pp_preshared_key: { a: 1 } }] })).toEqual({
      any: [{ pp_preshared_key: placeholder }],
    });
  });

  it("of two catalogs is hidden together", () => {
    const twice = redactorOf().with(seal(marks)).with(seal({ values: ["another one"], parameters: {} }));
    expect(twice.redactText(seal("marked-value, another one"))).toBe("XXXXX, XXXXX");
  });
});

describe("kept results", () => {
  it("are told apart by key, shape, marks and length", () => {
    const redactor = redactorOf("hunter2");
    const text = seal('[{"level":"notice","message":"hunter2 marked"}]');
    const marked = redactor.with(seal({ values: ["marked"], parameters: {} }));
    expect(redactor.redact(text, "logs", "k").text).toBe('[{"level":"notice","message":"XXXXX marked"}]');
    expect(redactor.redact(text, "logs", "k").text).toBe('[{"level":"notice","message":"XXXXX marked"}]');
    expect(marked.redact(text, "logs", "k").text).toBe('[{"level":"notice","message":"XXXXX XXXXX"}]');
    expect(redactor.redact(seal("null"), "logs", "k").text).toBe("null");
    expect(redactor.redact(seal('"notice"'), "json", "k").text).toBe('"notice"');
    expect(redactorOf("notice").redact(seal('"notice"'), "json", "k").text).toBe('"XXXXX"');
  });

  it("don't share values that a reader may change", () => {
    const redactor = redactorOf("hunter2");
    const first = redactor.redact(seal('["hunter2"]'), "json", "k");
    expect(first.value).toBe(first.value);
    (first.value as string[]).push("changed");
    expect(redactor.redact(seal('["hunter2"]'), "json", "k").value).toEqual(["XXXXX"]);
  });
});

describe("the recorded estate", () => {
  const secrets = ["hunter2-tls", "tok-common-0123456789abcdef", "Sup3r$ecret!", "$6$salt$hash", "-----KEY of"];
  const files = readdirSync(new URL("commands/", fixtures)).filter((name) => /^\d/.test(name));
  const marksOf = (certname: string): Marks => {
    const [node] = certname.split(".");
    const name = readdirSync(new URL("catalogs/", fixtures)).find((each) => each.startsWith(`${node}-`));
    return name ? extractMarks(recorded(`catalogs/${name}`)) : { values: [], parameters: {} };
  };
  const expectClean = (shown: string) => {
    for (const secret of [...secrets, "psk-should-show-up-nowhere"]) {
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(encodeURIComponent(secret));
      expect(shown).not.toContain(Buffer.from(secret).toString("base64").slice(0, -3));
    }
  };

  it.each(readdirSync(new URL("catalogs/", fixtures)))("shows no secret of catalog %s, nothing registered", (name) => {
    const catalog = recorded(`catalogs/${name}`);
    const text = JSON.stringify(catalog);
    expect(secrets.some((secret) => text.includes(secret))).toBe(true);
    for (const marks of [extractMarks(catalog), { values: [], parameters: {} }]) {
      const shown = redact([], "catalog", catalog, marks) as typeof catalog;
      // What stands in plain text elsewhere is known only from the marks.
      if (marks.values.length > 0) expectClean(JSON.stringify(shown));
      expect(shown.resources.map((each: { type: string }) => each.type)).toEqual(
        catalog.resources.map((each: { type: string }) => each.type),
      );
      expect([shown.name, shown.catalog_uuid, shown.environment]).toEqual([
        catalog.name,
        catalog.catalog_uuid,
        catalog.environment,
      ]);
    }
  });

  it.each(files)("shows no secret of %s, and all else as it is", (name) => {
    const command = recorded(`commands/${name}`);
    const marks = marksOf(command.certname ?? "");
    if (command.values) {
      const shown = redact([], "facts", command.values, marks) as Record<string, unknown>;
      expectClean(JSON.stringify(shown));
      expect({ ...shown, trusted: null }).toEqual({ ...command.values, trusted: null });
    } else if (command.edges) {
      const shown = redact([], "resources", command.resources, marks) as object[];
      expectClean(JSON.stringify(shown));
      expect(shown.map((each) => ({ ...each, parameters: null }))).toEqual(
        command.resources.map((each: object) => ({ ...each, parameters: null })),
      );
      expect(redact([], "edges", command.edges, marks)).toEqual(command.edges);
    } else if (command.logs) {
      const logs = redact([], "logs", command.logs, marks);
      const resources = redact([], "report_resources", command.resources, marks);
      expectClean(JSON.stringify([logs, resources]));
      expect((logs as { level: string; time: string }[]).map(({ level, time }) => [level, time])).toEqual(
        command.logs.map(({ level, time }: { level: string; time: string }) => [level, time]),
      );
      expect(redact([], "metrics", command.metrics, marks)).toEqual(command.metrics);
    } else {
      expect(command.certname).toBe("legacy01.example.test");
    }
  });
});
