/** Completes the columns of the tables that a query names, wherever in it the cursor is. */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import type { LakeSchema } from '@panther/platform/contract';

const TABLE = /\b(panther_\w+)\.(\w+)/g;
const MOST_INFO = 300;

/** The columns of the tables that a query names, each once. */
export function columnsOf(sql: string, schema: LakeSchema): readonly Completion[] {
  const byName = new Map<string, Completion>();
  for (const [, databaseName, tableName] of sql.matchAll(TABLE)) {
    const database = schema.databases.find(({ name }) => name === databaseName);
    const table = database?.tables.find(({ name }) => name === tableName?.toLowerCase());
    for (const column of table?.columns ?? []) {
      if (!byName.has(column.name)) byName.set(column.name, completion(column));
    }
  }
  return [...byName.values()];
}

function completion({
  name,
  type,
  description,
}: {
  name: string;
  type: string;
  description?: string | undefined;
}): Completion {
  const isPlain = /^[A-Za-z_]\w*$/.test(name);
  return {
    label: name,
    detail: type.length > 30 ? `${type.slice(0, 28)}…` : type,
    type: 'property',
    // Names of columns are why one types; keywords come after them.
    boost: 20,
    ...(isPlain ? {} : { apply: `"${name.replaceAll('"', '""')}"` }),
    ...(description === undefined ? {} : { info: description.slice(0, MOST_INFO) }),
  };
}

export function columnCompletion(schema: LakeSchema): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w.]*/);
    if (word === null || word.text.includes('.') || (word.text === '' && !context.explicit)) return null;
    const options = columnsOf(context.state.doc.toString(), schema);
    return options.length === 0 ? null : { from: word.from, options: [...options], validFor: /^\w*$/ };
  };
}
