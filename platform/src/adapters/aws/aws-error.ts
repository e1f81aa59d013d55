/** Sorts what the SDK throws by who must act, and says what to do. */
import { ExternalError, errorMessage, UserError } from '../../core/errors.ts';

const BAD_CREDENTIALS =
  /^(InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient|SignatureDoesNotMatch|AuthFailure|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|InvalidToken)/;
const DENIED = /^(AccessDenied|AccessDeniedException|NotAuthorized|AuthorizationError|UnauthorizedOperation|Forbidden)/;
const EXPIRED = /^(ExpiredToken|RequestExpired|TokenRefreshRequired)/;
const THROTTLED =
  /^(Throttl|SlowDown|TooManyRequests|RequestThrottled|RequestLimitExceeded|ProvisionedThroughputExceeded|BandwidthLimitExceeded|LimitExceededException|KmsThrottled|PriorRequestNotComplete|PurgeQueueInProgress|.*PurgeQueueInProgress|EC2ThrottledException)/;

/** The code that AWS, or the SDK, gave to an error; empty when it has none. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { Code } = error as { readonly Code?: unknown };
  return error.name === 'Error' || error.name === 'Unknown' ? String(Code ?? error.name) : error.name;
}

/** HTTP status of the answer, if there was one. */
export function errorStatus(error: unknown): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/**
 * @param what what could not be done, with its name: `cannot read s3://bucket/key`
 * @returns a `UserError` where configuration or permissions are wrong, an `ExternalError` otherwise
 */
export function awsError(error: unknown, what: string): Error {
  if (error instanceof UserError || error instanceof ExternalError) return error;
  const code = errorCode(error);
  const advice = userAdvice(error, code);
  if (advice !== undefined) return new UserError(`${what}: ${advice}`, {}, { cause: error });
  const text = `${what}: ${said(error, code)}`;
  if (EXPIRED.test(code)) {
    const again = 'the credentials have expired: renew them (aws sso login, or the keys in the environment)';
    return new ExternalError(`${text}; ${again}`, { retryable: true, cause: error });
  }
  if (THROTTLED.test(code)) {
    return new ExternalError(`${text}; AWS asks for fewer requests`, { retryable: true, cause: error });
  }
  return new ExternalError(text, { retryable: isRetryable(error), cause: error });
}

function said(error: unknown, code: string): string {
  const message = errorMessage(error);
  if (message === '' || message === 'UnknownError') return code === '' ? 'failed' : code;
  return code === '' || code === 'Error' || message.includes(code) ? message : `${code}: ${message}`;
}

function userAdvice(error: unknown, code: string): string | undefined {
  const message = errorMessage(error);
  if (/Region is missing/.test(message)) return 'the region is not known: set aws.region, or AWS_REGION';
  if (code === 'CredentialsProviderError' || code === 'TokenProviderError') return withoutCredentials(message);
  if (BAD_CREDENTIALS.test(code)) return `AWS does not know the credentials (${code}): check the access key or profile`;
  if (DENIED.test(code)) return `AWS does not allow it (${said(error, code)}): give the role or user this permission`;
  return undefined;
}

function withoutCredentials(message: string): string {
  const profile = /profile[: ]+\[?([^\]\s,.]+)/i.exec(message)?.[1];
  const named = /could not (be found|resolve)|not found/i.test(message) && profile !== undefined;
  if (named) return `the profile ${profile} has no credentials: check ~/.aws/config (${message})`;
  return `there are no AWS credentials: set AWS_ACCESS_KEY_ID or AWS_PROFILE, name a profile, or give the machine a role (${message})`;
}

function isRetryable(error: unknown): boolean {
  const status = errorStatus(error);
  // Without an answer it was the network.
  return status === undefined || status >= 500 || status === 429 || status === 408;
}
