/** Who must act when a query fails. */
import { ExternalError, errorMessage, UserError } from '../core/errors.ts';

export interface QueryLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
}

const FROM_THE_STATEMENT =
  /^(Binder|Catalog|Parser|Syntax|Conversion|Invalid Input|Out of Range|Invalid Type|Mismatch Type|Division by Zero|Not implemented|Expression too complex|Permission|Dependency|Constraint|Parameter Not (?:Allowed|Resolved)|Sequence|Unrecognized type|Invalid Configuration) Error|^(?:JSON|Regex)/i;

export function explainError(error: unknown, { timeoutMs, memoryBytes, signal }: QueryLimits): unknown {
  if (error instanceof UserError || error instanceof ExternalError) return error;
  const message = errorMessage(error);
  if (signal.aborted) return stopped(signal, timeoutMs, error);
  if (/^Out of Memory Error/i.test(message)) {
    const hint = 'select fewer columns or a shorter time, or sort and group by less';
    return new UserError(
      `the query needs more than ${Math.round(memoryBytes / 1e6)} MB; ${hint}`,
      {},
      { cause: error },
    );
  }
  if (FROM_THE_STATEMENT.test(message)) return new UserError(message, {}, { cause: error });
  if (/^IO Error/i.test(message)) {
    return new ExternalError(`the lake cannot be read: ${message}`, { cause: error, retryable: true });
  }
  return error;
}

function stopped(signal: AbortSignal, timeoutMs: number, cause: unknown): UserError {
  const isTimeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  const hint = 'narrow it by p_event_time, or allow more time';
  const message = isTimeout ? `the query took longer than ${timeoutMs / 1_000} s; ${hint}` : 'the query was cancelled';
  return new UserError(message, {}, { cause });
}
