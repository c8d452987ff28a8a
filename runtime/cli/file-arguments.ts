import process from "node:process";
import { parseArgs } from "node:util";

/** Reads `FILE` and, where `flags` allows it, `--force`. Undefined once it has said on standard error what is wrong. */
export const fileArguments = (
  args: readonly string[],
  usage: string,
  { force }: { readonly force: boolean },
): { readonly file: string; readonly force: boolean } | undefined => {
  const refuse = (text: string): undefined => void process.stderr.write(`${text}\nusage: ${usage}\n`);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: force ? { force: { type: "boolean" } } : {},
      allowPositionals: true,
    });
    const [file, more] = positionals;
    if (!file) return refuse("A file is needed");
    if (more !== undefined) return refuse(`Only one file is taken, and there is "${more}" too`);
    return { file, force: values.force === true };
  } catch (error) {
    return refuse((error as Error).message);
  }
};
