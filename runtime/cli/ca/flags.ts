/** One flag of a command: `switch` has no value, `names` takes A,B and may stand several times. */
export type Flag = {
  readonly kind: "switch" | "text" | "names";
  /** How the help calls its value. */
  readonly value?: string;
  readonly help: string;
};
export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<Kind> = Kind extends "switch" ? boolean : Kind extends "names" ? readonly string[] : string | undefined;
export type Given<F extends Flags> = { readonly [Name in keyof F]: ValueOf<F[Name]["kind"]> };

export type Parsed<F extends Flags> = {
  readonly flags: Given<F>;
  readonly operands: readonly string[];
  readonly help: boolean;
  /** What is wrong, in the words of `puppetserver ca`. */
  readonly errors: readonly string[];
};

/** Reads a command's arguments; `--flag value` and `--flag=value`, in any order. Never throws: every error is told at once. */
export const parseFlags = <F extends Flags>(args: readonly string[], flags: F): Parsed<F> => {
  const values: Record<string, boolean | string | string[] | undefined> = Object.fromEntries(
    Object.entries(flags).map((
      [name, { kind }],
    ) => [name, kind === "switch" ? false : kind === "names" ? [] : undefined]),
  );
  const operands: string[] = [];
  const errors: string[] = [];
  const rest = [...args];
  let help = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      operands.push(...rest.splice(0));
    } else if (word === "--help" || word === "-h") {
      help = true;
    } else if (word.startsWith("-")) {
      const [, name = "", inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
      const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
      if (!flag) {
        errors.push(`Unknown flag or argument \`${word}\``);
        if (inline === undefined && rest[0]?.startsWith("-") === false) {
          errors.push(`Unknown flag or argument \`${rest.shift()}\``);
        }
      } else if (flag.kind === "switch") {
        if (inline !== undefined) errors.push(`Flag \`--${name}\` takes no argument`);
        values[name] = true;
      } else {
        const value = inline ?? rest.shift();
        if (value === undefined || value === "") errors.push(`Missing argument to flag \`--${name}\``);
        else if (flag.kind === "text") values[name] = value;
        else (values[name] as string[]).push(...value.split(",").map((each) => each.trim()).filter((each) => each));
      }
    } else operands.push(word);
  }
  return { flags: values as Given<F>, operands, help, errors };
};

/** The flags as a help lists them. */
export const describeFlags = (flags: Flags): string[] =>
  Object.entries({ ...flags, help: { kind: "switch", help: "Display this command-specific help output" } as Flag }).map(
    ([name, { value, help }]) => `    ${`--${name}${value ? ` ${value}` : ""}`.padEnd(34)} ${help}`,
  );
