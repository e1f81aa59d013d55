/** SQL over the lake. */
import type { searchRoutes } from '../contract/search.ts';
import type { Handlers } from '../http/handler.ts';

const FILES = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const;

export const searchHandlers: Handlers<typeof searchRoutes> = {
  async query({ deps, body, request }) {
    return deps.lake.query(body.sql, { maxRows: body.maxRows ?? 1_000, signal: request.signal });
  },
  async getLakeSchema({ deps }) {
    return deps.lake.schema();
  },
  async exportQuery({ deps, query, body, request }) {
    const { format } = query;
    const stream = await deps.lake.export(body.sql, format, request.signal);
    const headers = {
      'content-type': FILES[format],
      'content-disposition': `attachment; filename="panther-query.${format === 'json' ? 'ndjson' : format}"`,
    };
    return { status: 200, headers, body: stream };
  },
};
