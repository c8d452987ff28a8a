import type { Log, LogFields } from "../../handlers/interfaces/log.ts";

export type LogLine = { readonly level: keyof Log; readonly event: string; readonly fields: LogFields };

export type RecordingLog = Log & {
  readonly lines: LogLine[];
  /** Everything that was logged as one text, errors with messages and causes: to look for what must not be there. */
  text(): string;
};

/** A log that keeps its lines. */
export const createRecordingLog = (): RecordingLog => {
  const lines: LogLine[] = [];
  const at = (level: keyof Log) => (event: string, fields: LogFields = {}) => void lines.push({ level, event, fields });
  return {
    lines,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    text: () => lines.map((line) => JSON.stringify(line, showErrors)).join("\n"),
  };
};

const showErrors = (_key: string, value: unknown): unknown =>
  value instanceof Error ? { ...value, message: value.message, stack: value.stack, cause: value.cause } : value;
