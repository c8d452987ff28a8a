/** One line of `hoppetdb check`. `do` says what to do where it is not well. */
export type Finding = {
  readonly level: "ok" | "warning" | "error";
  readonly what: string;
  readonly do?: string;
};

export const ok = (what: string): Finding => ({ level: "ok", what });
export const warning = (what: string, todo: string): Finding => ({ level: "warning", what, do: todo });
export const error = (what: string, todo: string): Finding => ({ level: "error", what, do: todo });
