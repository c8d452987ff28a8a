import type { ReceivedCommand } from "./command.ts";
import type { Sealed } from "./sealed.ts";

/** A command on its way to the real PuppetDB. */
export type QueuedCommand = {
  readonly id: string;
  readonly certname: string;
  readonly command: string;
  readonly version: number;
  /** ISO, UTC. */
  readonly received_at: string;
  readonly attempts: number;
  readonly received: Sealed<ReceivedCommand>;
};

/** A command that could not be stored or forwarded, kept for a person to decide. */
export type DeadLetter = {
  readonly id: string;
  readonly certname: string;
  readonly command: string;
  readonly version: number;
  readonly received_at: string;
  /** Where it failed. */
  readonly stage: "store" | "forward";
  /** Why, in words; may quote what a node sent, so it is sealed. */
  readonly reason: Sealed<string>;
  /** Bytes of the payload. */
  readonly size: number;
};

type Certnames = string | readonly string[];

/** Durable queue of commands to forward, in order per certname, and the dead letters. */
export interface CommandQueue {
  /** Durable once it resolves. `id` is the uuid that the sender was told. */
  enqueue(id: string, received: ReceivedCommand, receivedAt: number): Promise<void>;
  /** The oldest command of each certname whose time has come, oldest first. */
  due(now: number, limit: number): Promise<readonly QueuedCommand[]>;
  delivered(id: string): Promise<void>;
  /** Keeps it at the head of its node's line until `nextAt` (ms). */
  retry(id: string, nextAt: number): Promise<void>;
  /** Takes it out of the line and keeps it as a dead letter. */
  bury(id: string, reason: string, at: number): Promise<void>;
  /** A command that could not be stored at all. */
  reject(id: string, received: ReceivedCommand, reason: string, at: number): Promise<void>;
  depth(): Promise<{ readonly depth: number; readonly oldest: string | null }>;

  /** `certname`: those of one node, or of some. */
  deadLetters(page: { limit: number; offset: number; certname?: Certnames }): Promise<readonly DeadLetter[]>;
  deadLetter(id: string): Promise<(DeadLetter & { readonly received: Sealed<ReceivedCommand> }) | undefined>;
  deadLetterCount(certname?: Certnames): Promise<number>;
  /** The nodes that have any. */
  deadLetterNames(): Promise<readonly string[]>;
  dropDeadLetter(id: string): Promise<boolean>;
  /** Puts a dead letter of stage `forward` back in line. False: it is gone. */
  requeue(id: string): Promise<boolean>;
}
