import { describeFlags, type Flags, type Given, parseFlags } from "./flags.ts";
import { reportErrors } from "./outcomes.ts";
import type { Terminal } from "./terminal.ts";

/** One subcommand of `hoppetdb ca`. */
export type CaCommand = {
  readonly summary: string;
  readonly help: () => string;
  /** Exit status: 0 all done, 1 failed, 24 partly done, or nothing to do, as `puppetserver ca` has it. */
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
};

/** Makes a subcommand: its arguments are read and checked, and its help is shown, before anything is opened. */
export const caCommand = <const F extends Flags>(what: {
  readonly summary: string;
  /** A line for each way to call it, after `hoppetdb ca`. */
  readonly usage: readonly string[];
  readonly description: readonly string[];
  readonly flags: F;
  /** Names of the words that it takes besides flags, all of them needed. */
  readonly operands?: readonly string[];
  /** What is wrong with the arguments, a line each. */
  readonly check?: (flags: Given<F>, operands: readonly string[]) => readonly string[];
  readonly run: (flags: Given<F>, terminal: Terminal, operands: readonly string[]) => Promise<number>;
}): CaCommand => {
  const { summary, usage, description, flags, operands: wanted = [], check = () => [], run } = what;
  const help = () =>
    [
      "Usage:",
      // what begins with blanks goes on with the line before
      ...usage.map((each) => each.startsWith(" ") ? `              ${each}` : `  hoppetdb ca ${each}`),
      "",
      "Description:",
      ...description.map((each) => each === "" ? "" : `  ${each}`),
      "",
      "Options:",
      ...describeFlags(flags),
    ].join("\n");
  return {
    summary,
    help,
    run: async (args, terminal) => {
      const parsed = parseFlags(args, flags);
      if (parsed.help) {
        terminal.out(help());
        return 0;
      }
      const { operands } = parsed;
      const errors = [
        ...parsed.errors,
        ...operands.slice(wanted.length).map((each) => `Unknown input \`${each}\``),
        ...wanted.slice(operands.length).map((each) => `${each} is missing`),
      ];
      if (errors.length === 0) errors.push(...check(parsed.flags, operands));
      if (errors.length > 0) {
        reportErrors(terminal, errors);
        terminal.err(`\n${help()}`);
        return 1;
      }
      return await run(parsed.flags, terminal, operands);
    },
  };
};
