/** Shows whether a destination works, without an alert. */
import type { DeliveryResult } from '../core/alert.ts';
import type { DestinationsTable } from '../ports/state/tables.ts';
import { testAlert } from './deliverable.ts';
import { callDestination, type DeliveryDeps } from './delivery.ts';

/** Sends a test alert to a destination, once. `nonce`: random text, since every test is a delivery of its own. */
export async function sendTestAlert(
  destination: DestinationsTable,
  nonce: string,
  deps: Pick<DeliveryDeps, 'deliver' | 'timeoutMs' | 'log' | 'clock' | 'consoleUrl'>,
): Promise<DeliveryResult & { readonly durationMs: number }> {
  const started = performance.now();
  const alert = testAlert(deps.consoleUrl, deps.clock.now());
  const result = await callDestination(destination, alert, `test-${nonce}`, deps);
  return { ...result, durationMs: performance.now() - started };
}
