import process from "node:process";
import { main } from "./cli/main.ts";

// Entry point on Node.
process.exitCode = await main(process.argv.slice(2));
