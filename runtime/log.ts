import process from "node:process";
import type { Log, LogFields } from "../handlers/interfaces/log.ts";

const levels = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

/** Writes one JSON line an event: time, level, event, then the fields. Errors are shown with their causes. */
export const createLog = (
  least: Level,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Log => {
  const at = (level: Level) =>
    levels.indexOf(level) < levels.indexOf(least) ? () => {} : (event: string, fields: LogFields = {}) => {
      write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...plain(fields) })}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
};

const plain = (fields: LogFields): LogFields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? show(value) : value]),
  );

const show = (error: Error, depth = 0): unknown => {
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(depth === 0 && error.stack ? { stack: error.stack.split("\n").slice(1, 8).map((line) => line.trim()) } : {}),
    ...(error.cause instanceof Error && depth < 4 ? { cause: show(error.cause, depth + 1) } : {}),
  };
};
