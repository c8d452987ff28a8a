import type { CommandQueue, DeadLetter } from "../../handlers/interfaces/queue.ts";
import { seal } from "../../handlers/interfaces/sealed.ts";

/** The dead-letter side of a queue, over an array that the test fills and looks into. */
export const createMemoryQueue = (letters: DeadLetter[]): CommandQueue => {
  const of = (certname?: string | readonly string[]) =>
    letters.filter((each) => certname === undefined || [certname].flat().includes(each.certname));
  const unused = () => Promise.reject(new Error("Not used here"));
  return {
    enqueue: unused,
    due: unused,
    delivered: unused,
    retry: unused,
    bury: unused,
    reject: unused,
    depth: unused,
    requeue: unused,
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
    deadLetterNames: () => Promise.resolve([...new Set(letters.map((each) => each.certname))].sort()),
    dropDeadLetter: (id) => {
      const at = letters.findIndex((each) => each.id === id);
      if (at >= 0) letters.splice(at, 1);
      return Promise.resolve(at >= 0);
    },
  };
};
