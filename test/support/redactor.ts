import { placeholder, type Redactor } from "../../handlers/interfaces/redactor.ts";

/** A redactor that replaces these values and what Puppet marked, in their plain and their JSON form: for tests of handlers. */
export const hidingRedactor = (values: readonly string[]): Redactor => {
  const hide = (text: string, form: (value: string) => string) =>
    values.reduce((shown, value) => value === "" ? shown : shown.replaceAll(form(value), placeholder), text);
  return {
    version: values.length,
    redact(sealed) {
      const text = hide(sealed.reveal(), (value) => JSON.stringify(value).slice(1, -1));
      return { text, value: JSON.parse(text) };
    },
    redactText: (sealed) => hide(sealed.reveal(), (value) => value),
    with: (marks) => hidingRedactor([...values, ...marks.reveal().values]),
  };
};
