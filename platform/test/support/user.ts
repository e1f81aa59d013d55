/** What a user does in the console, through the API. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../../src/api/contract/sources.ts';
import { type Client, eventually } from './panther.ts';
import type { Receiver } from './receiver.ts';

/** A configuration file for tests: it may send to the receiver; the disk may be as full as it is. */
export function writeConfig(folder: string, receiver: Receiver | undefined, more: object = {}): string {
  const path = join(folder, 'panther.yml');
  const allowedDestinationHosts = receiver === undefined ? [] : [receiver.host];
  // JSON is YAML.
  writeFileSync(path, JSON.stringify({ allowedDestinationHosts, heartbeatMinutes: 0, minFreeDiskMb: 0, ...more }));
  return path;
}

export async function addSource(
  client: Client,
  source: Pick<Source, 'name' | 'type' | 'logTypes' | 'config'>,
): Promise<Source & { readonly token: string }> {
  const made = await client.call('POST /sources', { body: source });
  return { ...made.source, token: made.generatedSecrets.token ?? '' };
}

export async function addWebhook(client: Client, receiver: Receiver): Promise<string> {
  const severities = ['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
  const body = { name: 'Hook', type: 'webhook', config: { url: receiver.url }, severities };
  return (await client.call('POST /destinations', { body })).id;
}

/** Rows of a statement. */
export async function select(client: Client, sql: string): Promise<unknown[][]> {
  return (await client.call('POST /query', { body: { sql, maxRows: 10_000 } })).rows;
}

/** Waits until a source has received so many records, then gives its counts. */
export function received(client: Client, id: string, count: number): Promise<Source['counts']> {
  return eventually(`source ${id} has received ${count} records`, async () => {
    const { counts } = await client.call('GET /sources/:id', { params: { id } });
    return counts.received >= count && counts;
  });
}

/** At rest every record that came in is stored, quarantined or rejected, and every event is in the lake. */
export async function assertBalance(client: Client): Promise<void> {
  const { items } = await client.call('GET /sources');
  for (const { name, counts } of items) {
    const { received: all, stored, quarantined, rejected } = counts;
    assert.equal(all, stored + quarantined + rejected, `${name} received ${all}: ${JSON.stringify(counts)}`);
    assert.ok(counts.balanced, name);
  }
  const events = items.reduce((sum, { counts }) => sum + counts.events, 0);
  const [[inLake] = []] = await select(client, 'SELECT count(*) FROM panther_views.all_logs');
  assert.equal(Number(inLake), events, 'events in the lake');
}
