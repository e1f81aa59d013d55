import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../core/errors.ts';
import { parseDuration, parseRate, parseTime } from '../../operations/amounts.ts';
import { createPacer } from '../../operations/pacer.ts';
import { parseFilter } from '../../operations/requeue/filter.ts';
import { type RequeueResult, requeueMessages } from '../../operations/requeue/requeue.ts';
import { type Candidate, isSelected, type Selection, selectsAll } from '../../operations/requeue/selection.ts';
import { type Arguments, type CommandIo, defineCommand, EXIT, type ExitStatus } from '../command.ts';
import { AWS_OPTIONS, awsAccess } from '../operations.ts';
import { requeueJson, requeueText } from '../requeue-report.ts';

/** One worker moves some 50 messages a second; more workers than the rate needs would only come in bursts. */
const PER_WORKER = 20;

const options = {
  'to.q': { value: 'QUEUE', aliases: ['to'], description: 'queue to move the messages to' },
  'from.q': {
    value: 'QUEUE',
    aliases: ['from'],
    description: 'queue to move them from (without it the dead-letter queue: QUEUE-dlq; of X.fifo X-dlq.fifo)',
  },
  'data-dir': {
    value: 'DIR',
    description: 'queues of the Panther in this data folder, running or not, instead of SQS',
  },
  ...AWS_OPTIONS,
  filter: {
    value: 'TEXT',
    repeatable: true,
    description: 'only messages whose body has the text; /REGEX/, $.JSON.PATH=VALUE, @ATTRIBUTE=VALUE; ! in front: not',
  },
  reason: { value: 'TEXT', description: 'only messages whose reason of failure has the text' },
  'max-age': { value: 'TIME', description: 'only messages sent within this time, such as 2h or 3d' },
  since: { value: 'TIME', description: 'only messages sent since then: 2026-01-02, 2026-01-02T03:04:05Z, 2h (ago)' },
  until: { value: 'TIME', description: 'only messages sent before then' },
  limit: { value: 'N', kind: 'integer', min: 0, default: 0, description: 'move so many messages at most; 0: all' },
  rate: { value: 'N', default: '0', description: 'move so many messages a second at most; 0: as fast as it goes' },
  concurrency: {
    value: 'N',
    kind: 'integer',
    min: 1,
    max: 64,
    default: 8,
    description: 'batches in work at once (SQS)',
  },
  wait: { value: 'TIME', default: '20s', description: 'how long SQS is asked for a message before there are none' },
  'dry-run': { description: 'move nothing; show how many messages would be moved, why they failed, and some of them' },
  sample: {
    value: 'N',
    kind: 'integer',
    min: 0,
    max: 1_000,
    default: 5,
    description: 'how many messages a dry run shows',
  },
  json: { description: 'one JSON document' },
  verbose: { aliases: ['debug'], description: 'tell of each batch' },
} as const;

type Options = Arguments<typeof options>['options'];

export const requeue = defineCommand({
  name: 'requeue',
  summary: 'Move messages between queues, such as a dead-letter queue back to its origin',
  usage: '[options] --to.q QUEUE',
  details:
    'A message is sent to the one queue before it is deleted from the other, so whenever this is interrupted, each ' +
    'message is in at least one of them: run it again. In SQS a message can then be in both; in the queues of a ' +
    'data folder it moves in one step. Body, attributes and the FIFO group stay as they are, and so does the FIFO ' +
    'deduplication id, unless it is of the last five minutes, in which SQS would drop the message. The reason of ' +
    'failure is taken off, and receives count from one again. What is not moved is visible again at the end. ' +
    'Messages that arrive meanwhile are left. Ctrl+C ends it after the batch in work, with status 130.',
  operands: { max: 0 },
  options,
  examples: [
    {
      line: 'panther requeue --to.q panther-input-data-notifications-queue --dry-run',
      does: 'Look at what the dead-letter queue in SQS holds, and why.',
    },
    {
      line: "panther requeue --to panther-alerts-queue --filter '$.severity=HIGH' --limit 100 --rate 5",
      does: 'Move up to a hundred alerts of high severity, five a second.',
    },
    {
      line: 'panther requeue --to panther-input-data-notifications-queue --data-dir /var/lib/panther',
      does: 'The same for a Panther on this machine.',
    },
  ],
  async run({ options }, io) {
    const to = required(options['to.q']);
    const from = options['from.q'] ?? deadLettersOf(to);
    checkNames(from, to);
    const selection = selectionOf(options, io);
    const perSecond = parseRate(options.rate, '--rate');
    const messages = await io.services.openMessages({
      from,
      to,
      dataDir: options['data-dir'],
      aws: awsAccess(options),
      waitMs: parseDuration(options.wait, '--wait'),
      isLeaving: options['dry-run'] || !selectsAll(selection),
      perSecond,
    });
    const startedAt = performance.now();
    const progress = io.progress({ label: 'requeue', total: messages.visible, unit: 'messages' });
    const workers =
      perSecond === 0 ? options.concurrency : Math.min(options.concurrency, Math.ceil(perSecond / PER_WORKER));
    try {
      const result = await requeueMessages({
        source: options.verbose ? told(messages.source, from, io) : messages.source,
        isWanted: (message) => isSelected(message, selection),
        isDryRun: options['dry-run'],
        limit: options.limit,
        pacer: createPacer(options['dry-run'] ? 0 : perSecond, messages.source.batchSize),
        concurrency: Math.min(workers, messages.maxConcurrency),
        sampleSize: options['dry-run'] ? options.sample : 0,
        onLook: (looked) => progress.add(looked),
        now: () => performance.now(),
        sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
        signal: io.signal,
      });
      progress.end();
      const report = {
        from,
        to,
        isDryRun: options['dry-run'],
        seconds: (performance.now() - startedAt) / 1_000,
        result,
      };
      await io.stdout.write(options.json ? requeueJson(report) : requeueText(report));
      return statusOf(result);
    } finally {
      progress.end();
      await messages.close();
    }
  },
});

function required(to: string | undefined): string {
  if (to === undefined || to === '') throw new UserError('name the queue to move messages to', { field: '--to.q' });
  return to;
}

function deadLettersOf(queue: string): string {
  return queue.endsWith('.fifo') ? `${queue.slice(0, -'.fifo'.length)}-dlq.fifo` : `${queue}-dlq`;
}

function checkNames(from: string, to: string): void {
  if (from === to) throw new UserError(`"${to}" is both source and destination`, { field: '--from.q' });
  if (from.endsWith('.fifo') === to.endsWith('.fifo')) return;
  throw new UserError(`one of ${from} and ${to} keeps an order (FIFO) and the other does not: both must, or none`);
}

function selectionOf(options: Options, io: CommandIo): Selection {
  const now = io.clock.now();
  const { reason, since, until, 'max-age': maxAge } = options;
  const times = [
    ...(since === undefined ? [] : [parseTime(since, now, '--since')]),
    ...(maxAge === undefined ? [] : [new Date(now.getTime() - parseDuration(maxAge, '--max-age'))]),
  ].sort((a, b) => b.getTime() - a.getTime());
  return {
    filters: options.filter.map(parseFilter),
    ...(reason === undefined ? {} : { reason }),
    ...(times[0] === undefined ? {} : { sentSince: times[0] }),
    ...(until === undefined ? {} : { sentBefore: parseTime(until, now, '--until') }),
  };
}

/** In the words of the tool that operators know. */
function told<S extends { move(messages: readonly Candidate[]): Promise<readonly unknown[]> }>(
  source: S,
  from: string,
  io: CommandIo,
): S {
  const move: S['move'] = async (messages) => {
    await io.stderr.write(`Moving ${messages.length} message(s) from ${from}…\n`);
    const refusals = await source.move(messages);
    await io.stderr.write(`Successfully requeued ${messages.length - refusals.length} messages.\n`);
    return refusals;
  };
  return { ...source, move };
}

/** @throws what ended the run too early. */
function statusOf(result: RequeueResult<Candidate>): ExitStatus {
  if (result.stoppedBy === 'failure') throw result.error;
  if (result.stoppedBy === 'signal') return EXIT.interrupted;
  return result.failed > 0 ? EXIT.failures : EXIT.done;
}
