import { randomBytes } from "node:crypto";
import process from "node:process";
import type { Product } from "./compose.ts";
import type { Config } from "./config.ts";
import type { DataDir } from "./data-dir.ts";

/**
 * Makes the user `admin` in a store that has no user. Returns the line that tells how to log in: a generated password
 * itself on a terminal only, elsewhere the path of the file that it is kept in.
 */
export const makeFirstAdmin = async (product: Product, config: Config, dataDir: DataDir): Promise<string> => {
  const given = config.ADMIN_PASSWORD;
  const password = given ?? randomBytes(15).toString("base64url");
  if (!await product.access.users.createAdmin(password)) return "log in as admin with your password";
  if (given !== undefined) return "log in as admin with the password of HOPPETDB_ADMIN_PASSWORD";
  if (process.stdout.isTTY) return `log in as admin with the password ${password}`;
  return `log in as admin with the password in ${dataDir.keepAdminPassword(password)}`;
};
