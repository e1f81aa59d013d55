import type { Runtime } from './runtime.ts';
export async function startDemo(_runtime: Runtime, _refresh: () => Promise<void>) {
  return { component: { name: 'demo', state: () => ({ status: 'ok' as const, message: '' }) }, stop: async () => {} };
}
