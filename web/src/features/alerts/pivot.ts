/** From a value in an event to the search for it. */

/** Address of the search page with a query that finds the value in every log type, or in the event's own table. */
export function pivotAddress(
  value: string | number | boolean,
  path: string,
  event: Readonly<Record<string, unknown>>,
): string {
  return `/search?sql=${encodeURIComponent(pivotSql(value, path, event))}`;
}

function pivotSql(value: string | number | boolean, path: string, event: Readonly<Record<string, unknown>>): string {
  const indicator = indicatorOf(value, path, event);
  if (indicator !== undefined) {
    return [
      'SELECT p_event_time, p_log_type, p_source_label, p_row_id',
      'FROM panther_views.all_logs',
      `WHERE list_contains(${indicator}, ${quote(String(value))})`,
      'ORDER BY p_event_time DESC',
      'LIMIT 200',
    ].join('\n');
  }
  const table = String(event.p_log_type ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_');
  const literal = typeof value === 'string' ? quote(value) : String(value);
  return [
    `SELECT *`,
    `FROM panther_logs.${table}`,
    `WHERE ${columnOf(path)} = ${literal}`,
    'ORDER BY p_event_time DESC',
    'LIMIT 200',
  ].join('\n');
}

/** The indicator column that holds the value: the path's own, or one of the event's that contains it. */
function indicatorOf(value: unknown, path: string, event: Readonly<Record<string, unknown>>): string | undefined {
  const named = /^(p_any_\w+)/.exec(path)?.[1];
  if (named !== undefined) return named;
  if (typeof value !== 'string') return undefined;
  return Object.keys(event).find(
    (key) => key.startsWith('p_any_') && Array.isArray(event[key]) && event[key].includes(value),
  );
}

function columnOf(path: string): string {
  return path
    .replace(/\[\d+\]/g, '[1]')
    .split('.')
    .map((part) => (/^[a-z_][a-z0-9_]*(\[1\])?$/i.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
