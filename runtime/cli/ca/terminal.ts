import { userInfo } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import type { Actor } from "../../../handlers/core/ca/records.ts";
import type { Environment } from "../../config.ts";

/** Where a command's words go, and whom it may ask. */
export type Terminal = {
  readonly env: Environment;
  /** Results: standard output. A line end is added. */
  readonly out: (text: string) => void;
  /** Errors and remarks: standard error. */
  readonly err: (text: string) => void;
  /** Shows how far it is, where somebody looks; the last one is wiped away. */
  readonly progress: (text: string) => void;
  /** Undefined where nobody can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Who is at work, for the records. */
  readonly by: Actor;
};

// deno-lint-ignore no-control-regex -- what a request of a stranger holds must not steer a terminal; \u is JSON's form, too
const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
const printable = (text: string): string =>
  text.replace(controls, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
const line = (text: string): string => `${printable(text)}${text.endsWith("\n") ? "" : "\n"}`;

type Out = { write(text: string): unknown };

export const createTerminal = (
  { env, stdout, stderr, confirm, user, live = false }: {
    readonly env: Environment;
    readonly stdout: Out;
    readonly stderr: Out;
    readonly confirm?: Terminal["confirm"];
    readonly user: string;
    /** Standard error is a screen. */
    readonly live?: boolean;
  },
): Terminal => {
  let shown = false;
  const wipe = () => {
    if (shown) stderr.write("\r\x1b[K");
    shown = false;
  };
  return {
    env,
    out: (text) => {
      wipe();
      stdout.write(line(text));
    },
    err: (text) => {
      wipe();
      stderr.write(line(text));
    },
    progress: (text) => {
      if (!live) return;
      wipe();
      stderr.write(printable(text));
      shown = true;
    },
    confirm,
    by: { kind: "command", name: user },
  };
};

/** The terminal, or the pipes, of this process. */
export const processTerminal = (): Terminal =>
  createTerminal({
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    live: process.stderr.isTTY,
    user: userName(),
    ...(process.stdin.isTTY ? { confirm: askYesNo } : {}),
  });

const askYesNo = async (question: string): Promise<boolean> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // whoever ends the input has not agreed
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
};

const userName = (): string => {
  try {
    return process.env.SUDO_USER || userInfo().username;
  } catch {
    // a container's user may have no name
    return "command line";
  }
};
