/**
 * The contract of destinations: where alerts are sent. One file per destination; `index.ts` lists them.
 *
 * ```ts
 * export const pager = defineDestination({
 *   id: 'pager',
 *   title: 'Pager',
 *   description: 'Wakes the person on call.',
 *   documentationUrl: 'https://pager.example.com/api',
 *   config: z.object({ key: secret(z.string().min(1)).describe('The integration key of the service.') }),
 *   deliver: (alert, config, context) =>
 *     postJson('https://pager.example.com/v1/pages', { key: config.key, text: alert.title }, {}, context),
 * });
 * ```
 */
import type { z } from 'zod';
import type { DeliverableAlert, DeliveryResult } from '../core/alert.ts';
import type { HttpClient } from '../ports/http-client.ts';

export interface DestinationContext {
  readonly http: HttpClient;
  /** The same for every attempt to deliver an alert; sent along, so that the receiver can drop repeats. */
  readonly idempotencyKey: string;
  /** For the whole delivery. */
  readonly timeoutMs: number;
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
}

export interface Destination<Config extends z.ZodObject = z.ZodObject> {
  /** Kebab-case; the file's name. */
  readonly id: string;
  readonly title: string;
  /** One sentence for the list of destinations. */
  readonly description: string;
  readonly documentationUrl: string | null;
  /** Every field has a description; secret ones are marked with `secret`. */
  readonly config: Config;
  /**
   * One attempt; retrying is the caller's. Gives what the other side answered, whatever it was.
   *
   * @throws ExternalError when there was no answer.
   */
  deliver(alert: DeliverableAlert, config: z.output<Config>, context: DestinationContext): Promise<DeliveryResult>;
}

/** Checks a destination's types, and forgets its configuration's, so that a list can hold all of them. */
export function defineDestination<Config extends z.ZodObject>(destination: Destination<Config>): Destination {
  return destination as unknown as Destination;
}
