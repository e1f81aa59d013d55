/**
 * `panther up --demo`: sample sources, and logs in which attacks happen. The logs are files in folders of the data
 * directory, so the demo takes the way that real logs take. Stop using it by deleting the sources whose names begin with
 * "Demo".
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GeneratedLine, generateLogs } from '../log-generator/generate-logs.ts';
import { GENERATORS } from '../log-generator/index.ts';
import type { Runtime } from './runtime.ts';
import type { Component } from './system.ts';

export interface Demo {
  readonly component: Component;
  stop(): Promise<void>;
}

const EVENTS_PER_SECOND = 2;
const ATTACK_RATE = 0.0006;
/** What lies behind the start, so that charts are not empty. */
const PAST_MS = 30 * 60_000;
const WRITE_EVERY_MS = 2_000;
/** Written files are processed long before. */
const KEEP_FILES_MS = 10 * 60_000;

interface Stream {
  readonly logType: string;
  readonly folder: string;
  readonly header: string | undefined;
  readonly lines: Iterator<GeneratedLine>;
  next: GeneratedLine;
}

export async function startDemo(runtime: Runtime, reloadSources: () => Promise<void>): Promise<Demo> {
  const { clock, log } = runtime;
  const streams: Stream[] = [];
  for (const { logType, header } of GENERATORS) {
    const folder = join(runtime.dir.root, 'demo', logType.toLowerCase().replaceAll('.', '-'));
    await mkdir(folder, { recursive: true });
    await addSource(runtime, logType, folder);
    streams.push(openStream(logType, folder, header, new Date(clock.now().getTime() - PAST_MS)));
  }
  await reloadSources();
  let status: ReturnType<Component['state']> = { status: 'ok', message: '' };

  async function write(): Promise<void> {
    try {
      for (const stream of streams) await writeDue(stream, clock.now());
      status = { status: 'ok', message: '' };
    } catch (error) {
      log.error({ error }, 'the demo cannot write its logs');
      status = { status: 'failed', message: String(error) };
    }
  }

  await write();
  let writing = Promise.resolve();
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, WRITE_EVERY_MS);
  return {
    component: { name: 'demo', state: () => status },
    async stop() {
      clearInterval(timer);
      await writing;
    },
  };
}

function openStream(logType: string, folder: string, header: string | undefined, startTime: Date): Stream {
  const seed = randomBytes(8).toString('hex');
  const lines = generateLogs({ seed, logType, startTime, eventsPerSecond: EVENTS_PER_SECOND, attackRate: ATTACK_RATE });
  // Every file gets the header; the generator gives it once.
  if (header !== undefined) lines.next();
  return { logType, folder, header, lines, next: lines.next().value };
}

/** Writes what has happened by now as one file, and removes files that have had their time. */
async function writeDue(stream: Stream, now: Date): Promise<void> {
  const due: string[] = [];
  while (stream.next.time <= now) {
    due.push(stream.next.line);
    stream.next = stream.lines.next().value;
  }
  if (due.length === 0) return;
  const name = `${now.toISOString().replaceAll(/[-:.]/g, '')}.log`;
  const text = `${[...(stream.header === undefined ? [] : [stream.header]), ...due].join('\n')}\n`;
  await writeFile(join(stream.folder, `.${name}`), text);
  await rename(join(stream.folder, `.${name}`), join(stream.folder, name));
  await removeOld(stream.folder, now.getTime() - KEEP_FILES_MS);
}

async function removeOld(folder: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).mtimeMs < beforeMs) await rm(path, { force: true });
  }
}

async function addSource({ adapters, clock }: Runtime, logType: string, folder: string): Promise<void> {
  const now = clock.now().toISOString();
  await adapters.state.db
    .insertInto('sources')
    .values({
      id: `demo-${logType.toLowerCase().replaceAll('.', '-')}`,
      name: `Demo ${logType}`,
      type: 'watched-folder',
      log_types: JSON.stringify([logType]),
      config: JSON.stringify({ path: folder }),
      secrets: '',
      enabled: 1,
      created_at: now,
      updated_at: now,
      last_event_at: null,
      health: 'unknown',
      health_message: '',
      received: 0,
      stored: 0,
      quarantined: 0,
      rejected: 0,
      events: 0,
      bytes: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
