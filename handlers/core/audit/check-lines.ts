import type { Vault } from "../../interfaces/vault.ts";
import { type Checked, createChainCheck, type Verification } from "./check-chain.ts";

const pageSize = 500;

/**
 * Checks the lines of an export: one of a range of time is whole, one by other filters has gaps, which are told. Nothing
 * tells whether newer or older records are missing.
 */
export const checkLines = async (
  vault: Pick<Vault, "verify">,
  lines: AsyncIterable<string>,
): Promise<Verification> => {
  const check = createChainCheck(vault, undefined);
  let page: Checked[] = [];
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const record = recordIn(line);
    if (record) page.push(record);
    if (!record || page.length === pageSize) {
      await check.add(page);
      page = [];
    }
    if (!record) check.report(check.at(), `Line ${number} of the file is no record`);
  }
  await check.add(page);
  return check.result(false);
};

const recordIn = (line: string): Checked | undefined => {
  try {
    const { at, before, after, ...more } = JSON.parse(line);
    if (!Number.isSafeInteger(more.seq) || typeof more.hash !== "string") return undefined;
    return { ...more, at: Date.parse(at), before: textOf(before), after: textOf(after) };
  } catch {
    return undefined;
  }
};

const textOf = (value: unknown): string | null => value === null || value === undefined ? null : JSON.stringify(value);
