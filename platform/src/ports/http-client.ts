/**
 * Outgoing HTTP to addresses that users configure. Implementations connect only to public addresses, and to hosts that
 * the operator allows by name; they never follow redirects and never use a proxy from the environment.
 */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, name resolution included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first bytes of the body as text; an implementation bounds them. */
  readonly body: string;
}

export interface HttpClient {
  /**
   * Resolves for every complete answer, whatever its status.
   * @throws ExternalError when there is none: not retryable when the address is forbidden or the URL is wrong.
   */
  request(url: string, request: HttpRequest): Promise<HttpResponse>;
}
