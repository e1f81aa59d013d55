/**
 * Runners that stay for the next scheduled run: an interpreter takes seconds to start, and most runs are over sooner.
 * When nothing has run for a while they are closed, for they take memory.
 */
import type { PythonPackage } from '../../detections/python/runner.ts';
import type { KeyValueCalls } from '../../detections/state/key-values.ts';
import { createRunners, type Runners } from '../detections/detection-runners.ts';

export interface WarmRunners {
  /** For one piece of work after the other, each with key values of its own. */
  use<T>(keyValues: KeyValueCalls, work: (runners: Runners) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** `packages`: what is fetched now; other ones need an interpreter of their own. */
export function createWarmRunners(packages: () => readonly PythonPackage[], idleMs: number): WarmRunners {
  let warm: { readonly runners: Runners; readonly packages: string } | undefined;
  let inUse: KeyValueCalls | undefined;
  let idle: NodeJS.Timeout | undefined;
  const ofTheWork: KeyValueCalls = {
    call: (operation) => inUse?.call(operation) ?? Promise.reject(new Error('no scheduled run is going on')),
    mark: () => inUse?.mark(),
    undo: () => inUse?.undo(),
  };

  async function close(): Promise<void> {
    clearTimeout(idle);
    const closing = warm;
    warm = undefined;
    await closing?.runners.close();
  }

  async function open(): Promise<Runners> {
    clearTimeout(idle);
    const fetched = packages();
    const key = JSON.stringify(fetched);
    if (warm !== undefined && warm.packages !== key) await close();
    warm ??= { runners: createRunners(ofTheWork, fetched), packages: key };
    return warm.runners;
  }

  return {
    async use(keyValues, work) {
      const runners = await open();
      inUse = keyValues;
      try {
        const result = await work(runners);
        idle = setTimeout(() => void close(), idleMs).unref();
        return result;
      } catch (error) {
        // It may still be at work.
        await close();
        throw error;
      } finally {
        inUse = undefined;
      }
    },
    close,
  };
}
