import { ConfigError } from "../config.ts";
import { clean } from "./ca/clean.ts";
import type { CaCommand } from "./ca/command.ts";
import { crl } from "./ca/crl.ts";
import { csr } from "./ca/csr.ts";
import { exportCa } from "./ca/export.ts";
import { generate } from "./ca/generate.ts";
import { importCa } from "./ca/import.ts";
import { install } from "./ca/install.ts";
import { list } from "./ca/list.ts";
import { reportErrors } from "./ca/outcomes.ts";
import { prune } from "./ca/prune.ts";
import { revoke } from "./ca/revoke.ts";
import { rollover } from "./ca/rollover.ts";
import { sign } from "./ca/sign.ts";
import { status } from "./ca/status.ts";
import { switchMode } from "./ca/switch.ts";
import { processTerminal, type Terminal } from "./ca/terminal.ts";
import { token } from "./ca/token.ts";

const groups: Readonly<Record<string, Readonly<Record<string, CaCommand>>>> = {
  "Certificate Actions": { list, sign, revoke, clean, generate, token },
  "Administrative Actions": {
    status,
    crl,
    prune,
    import: importCa,
    export: exportCa,
    switch: switchMode,
    csr,
    install,
    rollover,
  },
};
const commands: Readonly<Record<string, CaCommand>> = Object.assign({}, ...Object.values(groups));

/**
 * `hoppetdb ca`: the words, lines and exit statuses of `puppetserver ca`, over the store itself: hoppetdb need not run, and
 * where it does it takes notice within a second. Exit status: 0 all done, 1 failed or wrong usage, 24 partly done or nothing
 * to do.
 */
export const caCommandLine = async (
  args: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> => {
  const [first, ...rest] = args;
  const asksHelp = first === "help" || first === "--help" || first === "-h";
  const name = asksHelp ? rest[0] : first;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (asksHelp && (command || name === undefined)) {
    terminal.out(command ? command.help() : help());
    return 0;
  }
  if (!command) {
    terminal.err(`${name === undefined ? "An action is needed" : `Unknown action: ${name}`}\n\n${help()}`);
    return 1;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { message, cause } = error as Error;
    reportErrors(terminal, [
      message,
      ...(cause instanceof Error && cause.message ? [`  because: ${cause.message}`] : []),
    ]);
    return 1;
  }
};

const help = (): string =>
  [
    "Usage: hoppetdb ca ACTION [options]",
    "",
    "Manages the certificate authority in the store, as `puppetserver ca` does. hoppetdb may run",
    "meanwhile: it takes notice within a second.",
    ...Object.entries(groups).flatMap(([title, actions]) => [
      "",
      `${title}:`,
      ...Object.entries(actions).map(([name, { summary }]) => `    ${name.padEnd(10)} ${summary}`),
    ]),
    "",
    "See `hoppetdb ca ACTION --help` for detailed info",
  ].join("\n");
