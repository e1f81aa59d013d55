/** What the operational tools work on: the queues and stores of AWS, or those of a data folder. Loaded on first use. */
import type { OperationServices } from '../../cli/operations.ts';

/** By name, so that an executable of one tool takes along only what it needs. */
export function operationServices(): OperationServices {
  return {
    async compact(options) {
      return (await import('./compact.ts')).compact(options);
    },
    async openCheckpoint(path) {
      return (await import('./checkpoint-file.ts')).checkpointFile(path);
    },
    async openObjects(options) {
      if ('dataDir' in options.to) return (await import('./spool-objects.ts')).openSpoolObjects(options, options.to);
      return (await import('./sqs-objects.ts')).openSqsObjects(options, options.to);
    },
    async openTopic(options) {
      return (await import('./sns-objects.ts')).openSnsObjects(options);
    },
    async openMessages(options) {
      if (options.dataDir !== undefined)
        return (await import('./stored-messages.ts')).openStoredMessages(options, options.dataDir);
      return (await import('./sqs-messages.ts')).openSqsMessages(options);
    },
  };
}
