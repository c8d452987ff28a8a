/** JSON as text: numbers stand in it exactly as they were received (`9007199254740993`, `5e-07`, `1.0`). */
export type JsonText = string;

/**
 * Something that came from nodes, Puppet or jobs and may hold secrets. It shows itself nowhere: not in JSON, not in a
 * log, not in an inspector. Two doors open it: `redactor.redact(…)` for all that goes to people, and `reveal()` on the
 * agents' side (an architecture test knows the folders that may call it).
 */
export class Sealed<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  reveal(): T {
    return this.#value;
  }
  toJSON(): string {
    return "[sealed]";
  }
  toString(): string {
    return "[sealed]";
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[sealed]";
  }
  [Symbol.for("Deno.customInspect")](): string {
    return "[sealed]";
  }
}

export const seal = <T>(value: T): Sealed<T> => new Sealed(value);
