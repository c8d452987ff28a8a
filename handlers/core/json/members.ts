import type { JsonText } from "../../interfaces/sealed.ts";

/**
 * The members of a JSON object, each as the text that stands for it: a large document is taken apart without being parsed,
 * and its numbers stay as they are. Undefined for what is no object. The text must be valid JSON.
 */
export const membersOf = (text: JsonText): ReadonlyMap<string, JsonText> | undefined => {
  const members = new Map<string, JsonText>();
  let at = skipBlanks(text, 0);
  if (text[at] !== "{") return undefined;
  at = skipBlanks(text, at + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const name: unknown = JSON.parse(text.slice(at, nameEnd));
    const from = skipBlanks(text, skipBlanks(text, nameEnd) + 1);
    const to = endOfValue(text, from);
    members.set(String(name), text.slice(from, to));
    at = skipBlanks(text, to);
    if (text[at] === ",") at = skipBlanks(text, at + 1);
  }
  return members;
};

const skipBlanks = (text: string, from: number): number => {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
};

/** Behind the quote that ends a string: one with an even number of backslashes before it. */
const endOfString = (text: string, from: number): number => {
  for (let at = text.indexOf('"', from + 1); at > 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
};

const endOfValue = (text: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < text.length;) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at);
        if (depth === 0) return at;
        continue;
      case 0x7b:
      case 0x5b:
        depth++;
        break;
      case 0x7d:
      case 0x5d:
        if (depth === 0) return at;
        if (--depth === 0) return at + 1;
        break;
      case 0x2c:
        if (depth === 0) return at;
        break;
    }
    at++;
  }
  return text.length;
};
