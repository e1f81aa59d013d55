/**
 * Errors sorted by who must act: the user (`UserError`), another system (`ExternalError`); anything else is a bug.
 */

/** Where in the user's input the mistake is. */
export interface ErrorLocation {
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** Dotted path of the field, e.g. `parser.csv.columns`. */
  readonly field?: string;
}

/** Wrong configuration, content or request. The message names the thing and its value, then what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly location: ErrorLocation;

  constructor(message: string, location: ErrorLocation = {}, options?: ErrorOptions) {
    super(message, options);
    this.location = location;
  }

  /** `file:line: field: message`, with the parts that are known. */
  override toString(): string {
    const { file, line, field } = this.location;
    const place = file === undefined ? undefined : line === undefined ? file : `${file}:${line}`;
    return [place, field, this.message].filter((part) => part !== undefined).join(': ');
  }
}

/** Another system failed. `retryable` tells the queue whether a later attempt can help. */
export class ExternalError extends Error {
  override readonly name = 'ExternalError';
  readonly retryable: boolean;

  constructor(message: string, options: ErrorOptions & { readonly retryable: boolean }) {
    super(message, options);
    this.retryable = options.retryable;
  }
}

/** The text of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
