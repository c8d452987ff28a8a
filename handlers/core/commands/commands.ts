import type { Command } from "../../interfaces/command.ts";

export type CommandName = Command["command"];

/** The versions that are taken of each command, as PuppetDB 8 takes them. */
export const commandVersions: Readonly<Record<CommandName, { readonly from: number; readonly to: number }>> = {
  "configure expiration": { from: 1, to: 1 },
  "deactivate node": { from: 3, to: 3 },
  "replace catalog": { from: 6, to: 9 },
  "replace catalog inputs": { from: 1, to: 1 },
  "replace facts": { from: 4, to: 5 },
  "store report": { from: 5, to: 8 },
};

export const commandNames = Object.keys(commandVersions) as readonly CommandName[];

/** Clients write blanks as underscores where they send the name in the URL. Undefined: no command of that name. */
export const commandNamed = (text: string): CommandName | undefined =>
  commandNames.find((name) => name === text.replaceAll("_", " "));
