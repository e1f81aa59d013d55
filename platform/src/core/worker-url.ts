/** Where a worker's code is: the `.ts` file in a checkout, the bundle of the same name in an installed package. */

/**
 * `new Worker(workerUrl('./log-processor.worker.ts', import.meta.url))`. The build bundles every `*.worker.ts` into the
 * folder that holds all other bundles, so names are unique whatever folder the source is in.
 */
export function workerUrl(specifier: `./${string}.worker.ts`, importMetaUrl: string): URL {
  return new URL(importMetaUrl.endsWith('.ts') ? specifier : specifier.replace(/\.ts$/, '.js'), importMetaUrl);
}
