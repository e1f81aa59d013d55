/** Where a thread's code is: beside this file, as source in a checkout and bundled in an installed package. */

/** Of `<name>.worker.ts`. */
export function workerUrl(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.worker.${extension}`, import.meta.url);
}
