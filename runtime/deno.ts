import process from "node:process";
import { main } from "./cli/main.ts";

// Entry point on Deno.
process.exitCode = await main(process.argv.slice(2));
