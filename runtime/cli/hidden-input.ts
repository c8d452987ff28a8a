import process from "node:process";
import type { ReadStream } from "node:tty";

/** Asks for lines on a terminal without showing them. */
export type HiddenInput = {
  ask(prompt: string): Promise<string>;
  close(): void;
};

/**
 * Takes a terminal over until it is closed: keys come one by one and are not echoed. Backspace and Ctrl-U work; Ctrl-C is
 * the signal that it always is; Ctrl-D on an empty line, and a terminal that goes away, reject.
 */
export const createHiddenInput = (terminal: ReadStream, out: { write(text: string): unknown }): HiddenInput => {
  let typed = "";
  let waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  const lines: string[] = [];
  const give = () => {
    if (!waiting || lines.length === 0) return;
    out.write("\n");
    waiting.resolve(lines.shift()!);
    waiting = undefined;
  };
  const fail = () => {
    out.write("\n");
    waiting?.reject(new Error("Nothing was typed"));
    waiting = undefined;
  };
  const key = (char: string): void => {
    if (char === "\r" || char === "\n") {
      lines.push(typed);
      typed = "";
      return give();
    }
    if (char === "\x03") {
      out.write("\n");
      terminal.setRawMode(false);
      process.kill(process.pid, "SIGINT");
    } else if (char === "\x04" && typed === "") fail();
    else if (char === "\x7f" || char === "\b") typed = [...typed].slice(0, -1).join("");
    else if (char === "\x15") typed = "";
    else if (char >= " ") typed += char;
  };
  const decoder = new TextDecoder();
  const taken = (data: Uint8Array) => {
    const text = decoder.decode(data, { stream: true });
    // an arrow or another key that is no character
    if (!text.startsWith("\x1b")) { for (const char of text) key(char); }
  };
  terminal.setRawMode(true);
  terminal.on("data", taken);
  terminal.on("end", fail);
  return {
    ask: (prompt) =>
      new Promise((resolve, reject) => {
        out.write(prompt);
        waiting = { resolve, reject };
        give();
      }),
    close: () => {
      terminal.removeListener("data", taken);
      terminal.removeListener("end", fail);
      terminal.setRawMode(false);
      terminal.pause();
      terminal.unref();
    },
  };
};
