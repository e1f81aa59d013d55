/** Where a thread's code is: as source in a checkout; bundled beside this file in an installed package. */

/** Of `<name>.worker.ts`; `folder` is relative to this one. */
export function workerUrl(name: string, folder = '.'): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? `${folder}/${name}.worker.ts` : `./${name}.worker.js`, import.meta.url);
}
