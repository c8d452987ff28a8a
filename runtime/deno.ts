import process from "node:process";
import { main } from "./cli/main.ts";

// Entry point on Deno.
process.exitCode = await main(Deno.args);
