import { join } from "node:path";
import { makeFirstAuthority } from "../../handlers/core/ca/first-authority.ts";
import { type CommandCa, openCaForCommand } from "../../runtime/ca/command-ca.ts";
import { caCommandLine } from "../../runtime/cli/ca.ts";
import { createTerminal, type Terminal } from "../../runtime/cli/ca/terminal.ts";
import { type RequestOptions, requestPem } from "./ca-requests.ts";
import { temporaryFolder } from "./temporary.ts";

export type RanCommand = { readonly status: number; readonly out: string; readonly err: string };

/** `hoppetdb ca` over a SQLite store in a folder of its own, and another process's look at the same store. */
export const createCommandStore = (settings: Readonly<Record<string, string>> = {}) => {
  const folder = temporaryFolder();
  const env = { HOPPETDB_DATA_DIR: join(folder.path, "data"), HOPPETDB_CA_KEY: "p-256", ...settings };
  const said: string[] = [];

  const runWith = async (confirm: Terminal["confirm"], ...args: string[]): Promise<RanCommand> => {
    const [out, err]: [string[], string[]] = [[], []];
    const status = await caCommandLine(
      args,
      createTerminal({
        env,
        stdout: { write: (text) => out.push(text) },
        stderr: { write: (text) => err.push(text) },
        user: "operator",
        ...(confirm ? { confirm } : {}),
      }),
    );
    return { status, out: out.join(""), err: err.join("") };
  };
  const inStore = async <T>(work: (ca: CommandCa) => Promise<T>): Promise<T> => {
    const { ca, close } = await openCaForCommand(env, (line) => said.push(line));
    try {
      return await work(ca);
    } finally {
      await ca.revocations.fresh();
      await close();
    }
  };
  return {
    env,
    path: (...names: string[]) => join(folder.path, ...names),
    write: folder.write,
    run: (...args: string[]) => runWith(undefined, ...args),
    runWith,
    inStore,
    /** Makes the CA, as a first start does, and a request for each name. */
    prepare: (requests: Readonly<Record<string, RequestOptions>> = {}) =>
      inStore(async (ca) => {
        await makeFirstAuthority(ca, { host: "puppet.example.test", mark: "0123456789abcd", keys: "p-256" });
        for (const [certname, options] of Object.entries(requests)) {
          const pem = await requestPem(certname, options);
          await ca.certificates.submit({ space: "puppet-ca", certname, pem, from: "127.0.0.1" });
        }
      }),
    /** The row that stands for a name. */
    current: (certname: string) => inStore((ca) => ca.certificates.current({ space: "puppet-ca", certname })),
  };
};
