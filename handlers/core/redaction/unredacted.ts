import type { Redactor } from "../../interfaces/redactor.ts";
import { parseExact } from "../json/exact-json.ts";

/** Opens everything as it is: for those who may see secrets, each of whose looks is in the audit log. */
export const unredacted: Redactor = {
  version: -1,
  redact: (sealed) => {
    const text = sealed.reveal();
    return {
      text,
      get value() {
        return parseExact(text);
      },
    };
  },
  redactText: (sealed) => sealed.reveal(),
  with: () => unredacted,
};
