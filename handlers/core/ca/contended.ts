import { AppError } from "../../errors.ts";

/** Someone else changed or took what we were about to change. A conflict of ours names no field, a store's does. */
const isLost = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === "precondition_failed" ||
    (error.code === "conflict" && error.field !== undefined && error.field !== "claim"));

/**
 * Does again what read, decided and then found that another process had changed what it read: with what is there now, and
 * never with what it read before. Throws the last AppError when that doesn't end.
 */
export const contended = async <T>(attempt: () => Promise<T>, times = 30): Promise<T> => {
  for (let left = times;; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 1 || !isLost(error)) throw error;
    }
  }
};

/** One after the other within this process: who would only take the next number from each other wait instead. */
export const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result.catch(() => {});
    return result;
  };
};
