/**
 * The tools, each an entry point in `platform/src/tools`, and the parts of `app` that its command asks for through
 * `io.services`. What is not named here is not inside the executable.
 */
export const TOOLS = {
  compact: ['./compact.ts'],
  requeue: ['./stored-messages.ts', './sqs-messages.ts'],
  s3queue: ['./checkpoint-file.ts', './spool-objects.ts', './sqs-objects.ts'],
  s3sns: ['./sns-objects.ts'],
  filegen: ['./filegen.ts'],
  customlogs: [],
} as const satisfies Record<string, readonly string[]>;

export type Tool = keyof typeof TOOLS;
export const TOOL_NAMES = Object.keys(TOOLS) as readonly Tool[];
