import { placeholder } from "../../interfaces/redactor.ts";
import { collections } from "../collections.ts";
import { entities } from "../query/entities.ts";
import { shapes, wordsOf } from "./shapes.ts";

/** What stands in our own answers or is a word of Puppet's on every page: hiding it would hide nothing and spoil all. */
const words: ReadonlySet<string> = new Set([
  placeholder,
  ...Object.values(shapes).flatMap(wordsOf),
  ...Object.keys(entities),
  ...Object.values(entities).flatMap((entity) => Object.keys(entity.fields)),
  ...Object.keys(collections),
  // Wire words of rich data, and of values that stand for others.
  ...["__ptype", "__pvalue", "__pcore_type__", "__pcore_value__", "Sensitive", "Deferred", "Binary", "Timestamp"],
  ...["default", "undefined", "[redacted]", "[sealed]", "rawJSON"],
  // Statuses and kinds.
  ...["changed", "unchanged", "failed", "unreported", "deactivated", "expired", "disabled", "not_used"],
  ...["explicitly_requested", "on_failure", "replace facts", "replace catalog", "store report", "deactivate node"],
  // Envelope and query words of the management API.
  ...["result", "result_size", "offset", "direction", "fields", "report", "reports", "catalog", "catalogs", "secret"],
  ...["puppetdb", "created", "created_at", "created_by", "node_id", "resources_exported", "report.status"],
  // Values that half of all resources have.
  ...["ensure", "present", "absent", "installed", "latest", "running", "stopped", "enabled", "directory"],
  ...["require", "subscribe", "notify", "Puppet", "puppet", "production"],
  ...["Class", "Exec", "File", "Group", "Notify", "Package", "Schedule", "Service", "Stage", "User"],
]);

/** Whether a text equals a field name, an enumerated word or a placeholder of our own. */
export const isOwnWord = (text: string): boolean => words.has(text) || /^X+$/.test(text);
