import process from "node:process";
import { ConfigError } from "../config.ts";
import { version } from "../version.ts";

type Command = { readonly summary: string; readonly load: () => Promise<(args: readonly string[]) => Promise<number>> };

const commands: Readonly<Record<string, Command>> = {
  serve: {
    summary: "run the ports that HOPPETDB_PARTS names",
    load: async () => (await import("./serve.ts")).serveCommand,
  },
  config: {
    summary: "print the configuration in force, secrets masked",
    load: async () => (await import("./show-config.ts")).showConfigCommand,
  },
  check: {
    summary: "look at a running set-up as a stranger would, and say what to do",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  user: {
    summary: "create-admin NAME, reset-password NAME: the way in for whoever has the store",
    load: async () => (await import("./user.ts")).userCommand,
  },
  ca: {
    summary: "manage the certificate authority: list, sign, revoke, clean, generate, import …; ca help",
    load: async () => (await import("./ca.ts")).caCommandLine,
  },
  audit: {
    summary: "verify, export: who did what, and whether somebody tampered with the record of it",
    load: async () => (await import("./audit.ts")).auditCommand,
  },
  backup: {
    summary: "FILE: write the store and its keys into one encrypted file, while it runs; verify FILE: check it",
    load: async () => (await import("./backup.ts")).backupCommand,
  },
  restore: {
    summary: "FILE: put the store of a backup in place",
    load: async () => (await import("./restore.ts")).restoreCommand,
  },
  demo: {
    summary: "serve a recorded estate of 200 nodes from a temporary store",
    load: async () => (await import("./demo.ts")).demoCommand,
  },
};

// whoever reads us may stop early, as head does
process.stdout.on("error", (error: Error & { code?: string }) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

/** Runs one command. Exit status: 0 done, 1 failed, 64 wrong usage, 78 wrong configuration. */
export const main = async (args: readonly string[]): Promise<number> => {
  const [name = "help", ...rest] = args;
  if (["help", "--help", "-h"].includes(name)) return print(help());
  if (["version", "--version", "-v"].includes(name)) return print([version]);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return complain([`Unknown command "${name}"`, "", ...help()], 64);
  try {
    return await (await command.load())(rest);
  } catch (error) {
    if (error instanceof ConfigError) {
      return complain([
        `${error.message}:`,
        ...error.problems.map((each) => `  ${each}`),
      ], 78);
    }
    const { message, cause } = error as Error;
    return complain([
      `hoppetdb ${name}: ${message}`,
      ...(cause instanceof Error ? [`  because: ${cause.message}`] : []),
    ], 1);
  }
};

const help = (): string[] => [
  "usage: hoppetdb COMMAND",
  "",
  ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`),
  `  ${"version".padEnd(9)} print the version`,
  "",
  "All settings are environment variables that begin with HOPPETDB_; README.md lists them.",
];

const print = (lines: readonly string[]): number => {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
};

const complain = (lines: readonly string[], status: number): number => {
  process.stderr.write(`${lines.join("\n")}\n`);
  return status;
};
