/** `panther up`: every part of a Panther on one machine, wired together. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { DeliveryOptions } from '../alerts/delivery-loop.ts';
import { runDelivery } from '../alerts/delivery-loop.ts';
import { ensureFirstAdministrator } from '../api/auth/invitations.ts';
import type { RunningPanther, UpOptions } from '../cli/services.ts';
import { UserError } from '../core/errors.ts';
import { createIntake } from '../sources/configured.ts';
import { createSourceRunner } from '../sources/running.ts';
import type { ApiParts } from './api-deps.ts';
import { openChanges } from './changes.ts';
import { type Config, type ProcessRole, ROLES, readConfig } from './config.ts';
import { dataDir, defaultDataDir } from './data-dir.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { deliveryOptions } from './delivery.ts';
import type { DetectionHost } from './detections/detection-host.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createLog } from './log.ts';
import { type LogProcessorThread, startLogProcessorThread } from './log-processing/log-processor-thread.ts';
import { sourcesDeps } from './log-processing/sources.ts';
import { maintenanceTasks, runMaintenance, runTask } from './maintenance.ts';
import { openRuntime, type Runtime, recover } from './runtime.ts';
import { type Component, createSystem } from './system.ts';

export interface UpContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly contentDir: string;
  readonly consoleDir: string;
  readonly version: string;
  readonly workerUrl: URL;
}

/** Something that runs until it is stopped. Stopped in the reverse order of the start. */
interface Part {
  readonly component: Component;
  stop(): Promise<void>;
}

export async function startPanther(options: UpOptions, context: UpContext): Promise<RunningPanther> {
  const config = await readConfig(options.configFile, configOf(options));
  const root = config.dataDir ?? defaultDataDir(context.env);
  const roles = new Set<ProcessRole>(config.only ?? ROLES);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const locks = [...roles].map((role) => lockDataDir(dataDir(root), role));
  const log = createLog({
    level: context.env.PANTHER_LOG_LEVEL === 'debug' ? 'debug' : 'info',
    format: context.env.PANTHER_LOG_FORMAT === 'json' ? 'json' : 'text',
    now: () => new Date(),
  });
  const runtime = await openRuntime({ config, root, contentDir: context.contentDir, log, env: context.env });
  const started = await startParts(runtime, roles, options, context);
  return {
    greeting: started.greeting,
    failed: started.failed,
    async stop() {
      for (const part of started.parts.toReversed()) await part.stop();
      await runtime.close();
      for (const lock of locks) lock.release();
    },
  };
}

function configOf({ dataDir: root, host, port, only }: UpOptions): Partial<Config> {
  const unknown = only?.find((role) => !(ROLES as readonly string[]).includes(role));
  if (unknown !== undefined) throw new UserError(`"${unknown}" is not one of ${ROLES.join(', ')}`, { field: '--only' });
  return {
    ...(root === undefined ? {} : { dataDir: root }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(only === undefined ? {} : { only: only as ProcessRole[] }),
  };
}

async function startParts(
  runtime: Runtime,
  roles: ReadonlySet<ProcessRole>,
  options: UpOptions,
  context: UpContext,
): Promise<{ parts: readonly Part[]; greeting: readonly string[]; failed: Promise<never> }> {
  const { config, log } = runtime;
  const parts: Part[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  // Everything in work belongs to this process only when it runs every part.
  if (roles.size === ROLES.length) await recover(runtime);
  await mkdir(runtime.dir.tmp, { recursive: true });

  const { openDetectionHost } = await import('./detections/detection-host.ts');
  const detections = await openDetectionHost(runtime, context.env);
  // What was installed just now is no change to tell.
  const changes = await openChanges(runtime.adapters.state);
  parts.push({ component: { name: 'detections', state: () => detections.state() }, stop: () => detections.close() });
  const sourceDeps = sourcesDeps({ ...runtime, root: runtime.dir.root });
  const sources = createSourceRunner(sourceDeps);

  const threads = roles.has('log-processor') ? startThreads(runtime, context) : [];
  detections.onChange(() => {
    const reload = () => {
      for (const thread of threads) thread.reload();
    };
    // What fails is noticed by the watch.
    changes.note(['detections', 'exceptions']).then(reload, reload);
  });
  for (const [index, thread] of threads.entries()) {
    const name = threads.length === 1 ? 'log processor' : `log processor ${index + 1}`;
    parts.push({
      component: { name, state: () => ({ status: thread.status, message: thread.lastError }) },
      stop: () => thread.stop(),
    });
  }
  if (roles.has('maintenance')) {
    parts.push(...startMaintenance(runtime, roles, failure));
    const { createScheduler } = await import('./schedule/scheduler.ts');
    parts.push(background('scheduler', failure, (signal) => createScheduler(runtime).run(signal)));
    const { createReplayRunner } = await import('./replay/replay-runner.ts');
    parts.push(background('replays', failure, (signal) => createReplayRunner(runtime).run(signal)));
  }

  let consoleUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
  const delivery: DeliveryOptions = deliveryOptions(runtime.adapters, runtime.clock, log, {
    allowedHosts: config.allowedDestinationHosts,
    consoleUrl: () => consoleUrl,
  });
  if (roles.has('alert-delivery')) {
    parts.push(background('alert delivery', failure, (signal) => runDelivery(delivery, signal)));
  }
  const greeting: string[] = [];
  if (roles.has('api')) {
    const api = await startApi(runtime, context, {
      parts,
      delivery,
      detections,
      intake: createIntake(sourceDeps),
      sourcesChanged: roles.has('sources') ? sources.reload : async () => {},
    });
    consoleUrl = config.publicUrl ?? api.url;
    parts.push(api);
    greeting.push(...(await greet(runtime, api.url)));
  }
  if (roles.has('sources')) {
    await sources.reload();
    parts.push({ component: { name: 'sources', state: OK }, stop: () => sources.stop() });
  }
  const task = changes.task(async (what) => {
    log.info({ what }, 'changed by another process, or through this one');
    if (what !== 'sources') await detections.reload();
    else if (roles.has('sources')) await sources.reload();
  });
  parts.push(background('changes', failure, (signal) => runTask(runtime, task, signal)));
  if (options.isDemo) {
    const { startDemo } = await import('./demo.ts');
    parts.push(await startDemo(runtime, () => sources.reload()));
    greeting.push('the demo writes sample logs; the first alerts arrive within a minute');
  }
  if (!roles.has('api')) greeting.push(`running ${[...roles].join(', ')}`);
  return { parts, greeting, failed: failure.promise };
}

/** A busy processor may take its time; a beat waits in the same queue as everything else. */
const HEARTBEAT_TIMEOUT_MS = 240_000;

const OK: Component['state'] = () => ({ status: 'ok', message: '' });

function startThreads(runtime: Runtime, context: UpContext): readonly LogProcessorThread[] {
  const settings = {
    root: runtime.dir.root,
    contentDir: runtime.contentDir,
    logFormat: context.env.PANTHER_LOG_FORMAT === 'json' ? ('json' as const) : ('text' as const),
    env: { ...context.env },
    config: runtime.config,
  };
  const onRestart = async (): Promise<void> => {
    // With more than one thread, what is in flight may be another's: its messages come back by their time-out.
    if (runtime.config.logProcessors === 1) await runtime.adapters.local.queue?.recover();
  };
  return Array.from({ length: runtime.config.logProcessors }, () =>
    startLogProcessorThread(context.workerUrl, settings, runtime.log, onRestart),
  );
}

function startMaintenance(
  runtime: Runtime,
  roles: ReadonlySet<ProcessRole>,
  failure: PromiseWithResolvers<never>,
): readonly Part[] {
  const { heartbeatMinutes } = runtime.config;
  const hasHeartbeat = heartbeatMinutes > 0 && roles.has('log-processor');
  const everyMs = heartbeatMinutes * 60_000;
  const heartbeat = hasHeartbeat ? createHeartbeat(runtime, { everyMs, timeoutMs: HEARTBEAT_TIMEOUT_MS }) : undefined;
  const tasks = [...maintenanceTasks(runtime), ...(heartbeat === undefined ? [] : [heartbeat.task])];
  const loop = background('maintenance', failure, (signal) => runMaintenance({ ...runtime, tasks }, signal));
  return heartbeat === undefined ? [loop] : [loop, { component: heartbeat.component, stop: async () => {} }];
}

/** A loop in this thread. When it ends by itself, Panther cannot go on without it. */
function background(
  name: string,
  failure: PromiseWithResolvers<never>,
  run: (signal: AbortSignal) => Promise<void>,
): Part {
  const stopping = new AbortController();
  let status: ReturnType<Component['state']> = { status: 'ok', message: '' };
  const ended = run(stopping.signal).catch((error: unknown) => {
    status = { status: 'failed', message: String(error) };
    failure.reject(error);
  });
  return {
    component: { name, state: () => status },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

interface ApiNeeds {
  readonly parts: readonly Part[];
  readonly delivery: DeliveryOptions;
  readonly detections: DetectionHost;
  readonly intake: ApiParts['intake'];
  sourcesChanged(): Promise<void>;
}

async function startApi(
  runtime: Runtime,
  context: UpContext,
  needs: ApiNeeds,
): Promise<Part & { readonly url: string }> {
  const [{ createApi }, { createApiDeps }] = await Promise.all([import('../api/api.ts'), import('./api-deps.ts')]);
  const system = createSystem(runtime, context.version, () => needs.parts.map((part) => part.component));
  const deps = createApiDeps({
    ...runtime,
    tmpDir: runtime.dir.tmp,
    delivery: needs.delivery,
    detections: needs.detections,
    packs: needs.detections.packs,
    intake: needs.intake,
    sourcesChanged: needs.sourcesChanged,
    system: system.describe,
    health: system.health,
  });
  const api = await createApi(deps, { consoleDir: context.consoleDir, hostNames: runtime.config.hostNames });
  const { host, port } = runtime.config;
  const { url } = await api.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause;
    throw new UserError(`port ${port} of ${host} is taken: choose another with --port`, { field: 'port' }, { cause });
  });
  return { url, component: { name: 'api', state: OK }, stop: () => api.close() };
}

async function greet({ adapters, clock }: Runtime, url: string): Promise<readonly string[]> {
  const first = await ensureFirstAdministrator(adapters.state, clock, randomBytes);
  const link = first === undefined ? [] : [`create the administrator (link works once): ${url}${first.path}`];
  return [...link, `Panther is ready on ${url}`];
}
