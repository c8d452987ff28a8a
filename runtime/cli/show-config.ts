import process from "node:process";
import { readConfig, showConfig } from "../config.ts";

/** `hoppetdb config`: a line a variable. */
export const showConfigCommand = (): Promise<number> => {
  const config = readConfig(process.env);
  process.stdout.write(`${showConfig(process.env, config).join("\n")}\n`);
  for (const name of config.unknown) process.stderr.write(`${name} is read by nothing: is it a typing error?\n`);
  return Promise.resolve(0);
};
