/** The tools, each an entry point in `platform/src/tools`. */
export const TOOLS = ['compact', 'requeue', 's3queue', 's3sns', 'filegen', 'customlogs'] as const;
