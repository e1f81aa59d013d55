/** Wires alert delivery: the loop, test alerts, sending again. */
import { createHttpClient } from '../adapters/embedded/http-client.ts';
import type { DeliveryOptions } from '../alerts/delivery-loop.ts';
import { createDeliver } from '../destinations/configured.ts';
import type { Clock } from '../ports/clock.ts';
import type { Adapters } from './adapters.ts';
import type { Log } from './log.ts';

const TIMEOUT_MS = 10_000;
const CONCURRENCY = 4;

export function deliveryOptions(
  adapters: Adapters,
  clock: Clock,
  log: Log,
  settings: { readonly allowedHosts: readonly string[]; consoleUrl(): string },
): DeliveryOptions {
  const http = createHttpClient({ allow: settings.allowedHosts });
  return {
    state: adapters.state,
    queue: adapters.queue,
    metrics: adapters.metrics,
    clock,
    log,
    random: Math.random,
    get consoleUrl() {
      return settings.consoleUrl();
    },
    timeoutMs: TIMEOUT_MS,
    deliver: createDeliver({ secrets: adapters.secrets, http }),
    concurrency: CONCURRENCY,
  };
}
