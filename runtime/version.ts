import { readFileSync } from "node:fs";

/** The version of package.json: one folder up in a checkout, two up in a package's dist. */
export const version: string = (() => {
  for (const up of ["../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8"));
      if (name === "hoppetdb") return version;
    } catch {
      // not there: the next one
    }
  }
  return "unknown";
})();
