import assert from 'node:assert/strict';
import { it } from 'node:test';
import { retryDelayMs } from './backoff.ts';
import { type RoutableAlert, type RoutableDestination, routeAlert } from './routing.ts';

const base = { enabled: true, severities: ['HIGH', 'CRITICAL'], alertTypes: [] } as const;
const oncall: RoutableDestination = { ...base, id: 'd1', name: 'On call' };
const chat: RoutableDestination = {
  ...base,
  id: 'd2',
  name: 'Chat',
  severities: ['LOW', 'HIGH'],
  alertTypes: ['RULE'],
};
const off: RoutableDestination = { ...base, id: 'd3', name: 'Retired', enabled: false };
const all = [chat, oncall, off];

function route(alert: Partial<RoutableAlert>, available: readonly RoutableDestination[] = all) {
  return routeAlert({ type: 'RULE', severity: 'HIGH', destinations: null, outputIds: [], ...alert }, available);
}

it('routes by severity and type of alert, to destinations that are enabled', () => {
  assert.deepEqual(route({}).destinationIds, ['d1', 'd2']);
  assert.deepEqual(route({ severity: 'LOW' }).destinationIds, ['d2']);
  assert.deepEqual(route({ severity: 'INFO' }).destinationIds, []);
  assert.deepEqual(route({ type: 'RULE_ERROR' }).destinationIds, ['d1']);
});

it('prefers what destinations() gave over OutputIds, and both over the severity', () => {
  assert.deepEqual(route({ destinations: ['d1'], outputIds: ['d2'] }).destinationIds, ['d1']);
  assert.deepEqual(route({ outputIds: ['d2'], severity: 'CRITICAL' }).destinationIds, ['d2']);
  // A destination that is named gets the alert whatever types it takes by default.
  assert.deepEqual(route({ outputIds: ['d2'], type: 'RULE_ERROR' }).destinationIds, ['d2']);
});

it('accepts names in any case as well as ids, once each', () => {
  const routed = route({ destinations: ['on CALL', 'd1', 'Chat'] });
  assert.deepEqual(routed, { destinationIds: ['d1', 'd2'], unknown: [] });
});

it('passes over a list that names nothing that exists, and says so', () => {
  const routed = route({ destinations: ['gone'], outputIds: ['d2'] });
  assert.deepEqual(routed, { destinationIds: ['d2'], unknown: ['gone'] });
  assert.deepEqual(route({ destinations: ['gone'], outputIds: ['away'] }), {
    destinationIds: ['d1', 'd2'],
    unknown: ['gone', 'away'],
  });
});

it('honours SKIP, and does not replace a named destination that is disabled', () => {
  assert.deepEqual(route({ destinations: ['SKIP'] }).destinationIds, []);
  assert.deepEqual(route({ destinations: ['d1', 'SKIP'] }).destinationIds, []);
  assert.deepEqual(route({ outputIds: ['SKIP'] }).destinationIds, []);
  assert.deepEqual(route({ destinations: ['gone'], outputIds: ['SKIP'] }).destinationIds, []);
  assert.deepEqual(route({ destinations: ['Retired'] }).destinationIds, []);
});

it('waits longer after each failure, with jitter, and never less than Retry-After', () => {
  const steps = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tries) => retryDelayMs(tries, {}, 0.5) / 1_000);
  assert.deepEqual(steps, [1, 5, 30, 60, 120, 240, 480, 900, 900]);
  assert.equal(retryDelayMs(3, {}, 0), 24_000);
  assert.ok(retryDelayMs(3, {}, 0.999) < 36_000);
  assert.equal(retryDelayMs(1, { retryAfterMs: 90_000 }, 0.5), 90_000);
  assert.equal(retryDelayMs(4, { retryAfterMs: 90_000 }, 0.5), 90_000);
  assert.equal(retryDelayMs(1, { retryAfterMs: 1e12 }, 0.5), 3_600_000);
});
