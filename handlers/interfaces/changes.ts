/** A collection's name, or `estate` for what came from Puppet. */
export type Topic = string;

/**
 * Tells when a collection was changed, by this process or another one on the same store. A cache asks for the number of
 * its topic and reloads when it is another one; any change shows within 1 s.
 */
export interface Changes {
  /** A number that grows with each change of the topic. */
  version(topic: Topic): number;
  /** Calls back after each change that was noticed; returns what ends it. */
  subscribe(topic: Topic, listener: () => void): () => void;
}
