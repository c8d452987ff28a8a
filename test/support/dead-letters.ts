import type { CommandQueue, DeadLetter } from "../../handlers/interfaces/queue.ts";
import { seal } from "../../handlers/interfaces/sealed.ts";

type Letters = Pick<CommandQueue, "deadLetters" | "deadLetter" | "deadLetterCount" | "dropDeadLetter">;

/** The dead-letter side of a queue, over an array that the test fills and looks into. */
export const createMemoryDeadLetters = (letters: DeadLetter[]): Letters => {
  const of = (certname?: string) => letters.filter((each) => certname === undefined || each.certname === certname);
  return {
    deadLetters: ({ limit, offset, certname }) => Promise.resolve(of(certname).slice(offset, offset + limit)),
    deadLetter: (id) => {
      const found = letters.find((each) => each.id === id);
      const received = seal({
        command: "replace facts",
        version: 5,
        certname: "web01.example.com",
        producer_timestamp: null,
        payload: new Uint8Array(),
      });
      return Promise.resolve(found && { ...found, received });
    },
    deadLetterCount: (certname) => Promise.resolve(of(certname).length),
    dropDeadLetter: (id) => {
      const at = letters.findIndex((each) => each.id === id);
      if (at >= 0) letters.splice(at, 1);
      return Promise.resolve(at >= 0);
    },
  };
};
