import { spawn } from "node:child_process";

export type OpensslRun = { readonly status: number; readonly out: string; readonly stdout: Uint8Array };

/** Runs openssl to its end; `out` is what it printed, standard output first. */
export const openssl = (args: readonly string[], input: string | Uint8Array = ""): Promise<OpensslRun> =>
  new Promise((resolve, reject) => {
    const child = spawn("openssl", args, { stdio: ["pipe", "pipe", "pipe"] });
    const [out, err]: [Uint8Array[], Uint8Array[]] = [[], []];
    child.stdout.on("data", (data: Uint8Array) => out.push(data));
    child.stderr.on("data", (data: Uint8Array) => err.push(data));
    child.on("error", reject);
    child.on("close", (status) => {
      const stdout = Buffer.concat(out);
      resolve({ status: status ?? -1, stdout, out: stdout.toString("latin1") + Buffer.concat(err).toString("latin1") });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });

/** What must not fail; its output. */
export const opensslMust = async (args: readonly string[], input: string | Uint8Array = ""): Promise<string> => {
  const { status, out } = await openssl(args, input);
  if (status !== 0) throw new Error(`openssl ${args.join(" ")} ended with ${status}:\n${out}`);
  return out;
};
