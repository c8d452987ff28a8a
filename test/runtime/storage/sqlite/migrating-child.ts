// A process that is killed in the middle of a migration.
import { writeSync } from "node:fs";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "../../../../runtime/storage/sqlite/migrate.ts";

const path = process.argv[2]!;
const db = new DatabaseSync(path);
writeSync(1, "begun\n");
migrate(db, path, [
  "",
  `CREATE TABLE large (x, y);
   WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000)
   INSERT INTO large SELECT i, hex(randomblob(50)) FROM n;`,
]);
