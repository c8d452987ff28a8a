import {
  createPlaceRedactor,
  createTextRedactor,
  type PlaceRedactor,
} from "../../../handlers/core/redaction/redact-place.ts";
import type { HiddenThings } from "../../../handlers/interfaces/estate.ts";

/** What a thread of the store hides from people's questions. */
export type Hiding = {
  /** Takes the place of what was hidden before. */
  set(hidden: HiddenThings): void;
  /** The JSON text as it is shown at its place (a JSON array of names) of the facts; undefined: it is not known yet. */
  shown(value: string, place: string): string | null | undefined;
  /** A text as it is shown; undefined: it is not known yet. */
  text(value: string): string | undefined;
};

/** Few facts have many different values: most of what is asked was asked of another node before. */
const most = 20_000;
const longest = 500;

export const createHiding = (): Hiding => {
  let redact: PlaceRedactor | undefined;
  let redactText: ((text: string) => string) | undefined;
  const places = new Map<string, readonly (string | number)[]>();
  const kept = new Map<string, string | null>();
  return {
    set: (hidden) => {
      redact = createPlaceRedactor(hidden);
      redactText = createTextRedactor(hidden);
      kept.clear();
      places.clear();
    },
    text: (value) => redactText?.(value),
    shown: (value, place) => {
      if (!redact) return undefined;
      const key = value.length > longest ? undefined : `${place}${value}`;
      const known = key === undefined ? undefined : kept.get(key);
      if (known !== undefined) return known;
      let path = places.get(place);
      if (!path) places.set(place, path = JSON.parse(place) as readonly (string | number)[]);
      const shown = redact(value, path);
      if (key !== undefined) {
        if (kept.size >= most) kept.clear();
        kept.set(key, shown);
      }
      return shown;
    },
  };
};
