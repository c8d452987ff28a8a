export type LogFields = Readonly<Record<string, unknown>>;

/** One JSON line a call. `event` is a short fixed text; what varies stands in `fields`. Never pass a secret. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
