/** What the application asks of detections, besides running them. The engine behind it is loaded on first use. */
import type { Detections } from '../api/deps.ts';
import type { Component } from './system.ts';

export interface DetectionHost extends Detections {
  state(): ReturnType<Component['state']>;
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export async function openDetectionHost(_runtime: unknown): Promise<DetectionHost> {
  return {
    describe: () => {
      throw new Error('none');
    },
    explain: async () => null,
    test: async () => ({ passed: 0, failed: 0, results: [] }),
    reload: async () => {},
    state: () => ({ status: 'ok', message: '' }),
    onChange() {},
    close: async () => {},
  };
}
