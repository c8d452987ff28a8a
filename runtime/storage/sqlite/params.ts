import type { SqlValue } from "./protocol.ts";

/** What is bound to a statement. */
export type Params = {
  readonly values: readonly SqlValue[];
  /** `?N`, which may stand in the text more than once. */
  readonly bind: (value: SqlValue) => string;
};

export const createParams = (): Params => {
  const values: SqlValue[] = [];
  return { values, bind: (value) => `?${values.push(value)}` };
};
