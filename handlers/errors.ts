/** What can go wrong, as a closed list: each code has one HTTP status, the same on all ports. */
export const statusOf = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  too_many_requests: 429,
  internal: 500,
  upstream_failed: 502,
  unavailable: 503,
  upstream_timeout: 504,
} as const;

export type ErrorCode = keyof typeof statusOf;

export type ErrorOptions = {
  cause?: unknown;
  /** The field, column or place in the input that is at fault, e.g. `resources[3].title`. */
  field?: string;
  /** Seconds after which a client may try again (429 and 503). */
  retryAfter?: number;
};

/**
 * The one error of the product. `message` is for the person or program at the other end: a sentence that says what was
 * wrong and where, never a secret and nothing of our inside. Each port renders it in its own wire form.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfter: number | undefined;
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.field = options.field;
    this.retryAfter = options.retryAfter;
  }
  get status(): (typeof statusOf)[ErrorCode] {
    return statusOf[this.code];
  }
}
