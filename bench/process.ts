/**
 * Figures of a whole process: start, memory, latency from log line to alert at a webhook on an idle system.
 * `node bench/process.ts [EVENTS]`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type Client,
  eventually,
  type Panther,
  setUp,
  startPanther,
  temporaryFolder,
} from '../platform/test/support/panther.ts';
import { trailEvent } from '../platform/test/support/pipeline.ts';
import { median } from './reference.ts';

export interface ProcessFigures {
  /** From the start of the process to the line that says ready; median of `starts`. */
  readonly readyMs: number;
  readonly starts: number;
  /** Of the process when it is ready; median of `starts`. */
  readonly readyRssMb: number;
  readonly events: number;
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
}

const RULE = `AnalysisType: rule
RuleID: Bench.EveryEvent
Enabled: true
Filename: every_event.py
Severity: High
LogTypes: [AWS.CloudTrail]
`;
const CODE = `def rule(event):
    return event.get("eventName") == "BenchLatency"

def dedup(event):
    return event.get("eventID", "")
`;

export async function benchProcess(events: number, starts = 5): Promise<ProcessFigures> {
  const dataDir = temporaryFolder('bench-up');
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    request.on('end', () => {
      delivered.set(String((JSON.parse(body) as { alertId: string }).alertId), performance.now());
      response.end();
    });
  });
  const delivered = new Map<string, number>();
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const config = writeConfig(dataDir, port);
  try {
    const first = await startPanther({ dataDir, args: ['--config', config] });
    const latencies = await measureLatency(first, port, events, delivered);
    await first.stop();
    const runs: { ms: number; rssMb: number }[] = [];
    for (let run = 0; run < starts; run += 1) runs.push(await measureStart(dataDir, config));
    return {
      readyMs: median(runs.map(({ ms }) => ms)),
      starts,
      readyRssMb: median(runs.map(({ rssMb }) => rssMb)),
      events,
      latencyP50Ms: quantile(latencies, 0.5),
      latencyP99Ms: quantile(latencies, 0.99),
    };
  } finally {
    receiver.close();
  }
}

function writeConfig(dataDir: string, port: number): string {
  const rules = join(dataDir, 'bench-rules');
  mkdirSync(rules, { recursive: true });
  writeFileSync(join(rules, 'every_event.yml'), RULE);
  writeFileSync(join(rules, 'every_event.py'), CODE);
  const file = join(dataDir, 'bench.yml');
  writeFileSync(file, JSON.stringify({ allowedDestinationHosts: [`127.0.0.1:${port}`], detections: [rules] }));
  return file;
}

async function measureLatency(
  panther: Panther,
  port: number,
  events: number,
  delivered: ReadonlyMap<string, number>,
): Promise<readonly number[]> {
  const client = await setUp(panther);
  const { url, token } = await connect(panther, client, port);
  const warmUp = 20;
  const latencies: number[] = [];
  for (let index = 0; index < events + warmUp; index += 1) {
    const id = `bench-${index}`;
    const eventTime = `${new Date().toISOString().slice(0, 19)}Z`;
    const body = trailEvent(index, 'IAMUser', { eventName: 'BenchLatency', eventID: id, eventTime });
    const before = delivered.size;
    const sentAt = performance.now();
    const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
    if (!response.ok) throw new Error(`ingest: ${response.status} ${await response.text()}`);
    const at = await eventually(
      'the alert',
      async () => delivered.size > before && [...delivered.values()].at(-1),
      60_000,
      2,
    );
    if (index >= warmUp) latencies.push(at - sentAt);
  }
  return latencies;
}

async function connect(panther: Panther, client: Client, port: number): Promise<{ url: string; token: string }> {
  await client.call('POST /destinations', {
    body: {
      name: 'bench',
      type: 'webhook',
      config: { url: `http://127.0.0.1:${port}/` },
      severities: ['HIGH'],
      alertTypes: ['RULE'],
    },
  });
  const { source, generatedSecrets } = await client.call('POST /sources', {
    body: { name: 'bench', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} },
  });
  return { url: `${panther.url}${source.endpoint}`, token: String(generatedSecrets.token) };
}

async function measureStart(dataDir: string, config: string): Promise<{ ms: number; rssMb: number }> {
  const startedAt = performance.now();
  const panther = await startPanther({ dataDir, args: ['--config', config] });
  const ms = performance.now() - startedAt;
  const status = readFileSync(`/proc/${panther.process.pid}/status`, 'utf8');
  await panther.stop();
  return { ms, rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024 };
}

function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}

if (import.meta.main) {
  console.log(JSON.stringify(await benchProcess(Number(process.argv[2] ?? 200))));
}
