import type { MiddlewareHandler } from "hono";
import { bodyLimit as honoBodyLimit } from "hono/body-limit";
import { AppError } from "../errors.ts";

/**
 * Refuses a body of more than `bytes`: by its Content-Length before anything is read, else as soon as that many have
 * come. Throws AppError `too_large` (413). A body that passes is in memory: for small ones only.
 */
export const bodyLimit = (bytes: number): MiddlewareHandler =>
  honoBodyLimit({
    maxSize: bytes,
    onError: () => {
      throw new AppError("too_large", `The body is larger than ${bytes} bytes`);
    },
  });
