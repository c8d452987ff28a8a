import { AppError } from "../../../handlers/errors.ts";
import type { Terminal } from "./terminal.ts";

/** What became of one name; `invalid`: it was in no state for that, as `puppetserver ca` calls it. */
export type Outcome = "success" | "invalid" | "failed";

/** The exit status for all of them: the worst counts. */
export const exitStatus = (outcomes: readonly Outcome[]): number =>
  outcomes.includes("failed") ? 1 : outcomes.includes("invalid") ? 24 : 0;

export const reportErrors = ({ err }: Pick<Terminal, "err">, errors: readonly string[]): void => {
  err("Error:");
  for (const each of errors) err(`    ${each}`);
};

/** A refusal as `puppetserver ca` shows what a server answered. */
export const reportRefusal = (terminal: Terminal, attempt: string, { status, message }: AppError): void =>
  reportErrors(terminal, [`When attempting to ${attempt}, received`, `  code: ${status}`, `  body: ${message}`]);

/**
 * Does one thing for each name, one after the other. What is refused for one doesn't keep the others from being done; what
 * goes wrong otherwise (a broken store) ends it.
 */
export const forEachName = async (
  names: readonly string[],
  work: (name: string) => Promise<Outcome>,
  refused: (name: string, error: AppError) => Outcome | Promise<Outcome>,
): Promise<number> => {
  const outcomes: Outcome[] = [];
  for (const name of new Set(names)) {
    try {
      outcomes.push(await work(name));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      outcomes.push(await refused(name, error));
    }
  }
  return exitStatus(outcomes);
};
