/** Log types. */
import type { sourceRoutes } from '../contract/sources.ts';
import { notFound } from '../http/errors.ts';
import type { SomeHandlers } from '../http/handler.ts';

export const logTypeHandlers: SomeHandlers<typeof sourceRoutes, 'listLogTypes' | 'getLogType'> = {
  async listLogTypes({ deps }) {
    return { items: [...deps.logTypes.list()] };
  },
  async getLogType({ deps, params }) {
    const found = deps.logTypes.get(params.name);
    if (found === undefined) throw notFound('log type', params.name);
    return found;
  },
};
