/**
 * The tools, each an entry point in `platform/src/tools`, and the parts of `app` that its command asks for through
 * `io.services`, from the folder `app`. What is not named here is not inside the executable.
 */
export const TOOLS = {
  compact: ['tools/compact.ts'],
  requeue: ['tools/stored-messages.ts', 'tools/sqs-messages.ts'],
  s3queue: ['tools/checkpoint-file.ts', 'tools/spool-objects.ts', 'tools/sqs-objects.ts'],
  s3sns: ['tools/sns-objects.ts'],
  filegen: ['tools/filegen.ts'],
  customlogs: [],
} as const satisfies Record<string, readonly string[]>;

export type Tool = keyof typeof TOOLS;
export const TOOL_NAMES = Object.keys(TOOLS) as readonly Tool[];
