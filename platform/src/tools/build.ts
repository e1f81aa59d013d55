/** What an executable was built from. `build:tools` puts it in; run from the sources there is none. */
declare const PANTHER_BUILD: Build | undefined;

export interface Build {
  /** Commit of the sources, twelve digits; `+changes` after it when the work tree was not clean. */
  readonly commit: string;
  /** `linux-musl/x64`. */
  readonly target: string;
}

const BUILD = typeof PANTHER_BUILD === 'undefined' ? undefined : PANTHER_BUILD;

/** `linux/x64, commit 0123456789ab, Bun 1.4.5`: what a report of a bug should begin with. */
export function buildText(): string {
  const { bun, node } = process.versions;
  const runtime = bun === undefined ? `Node.js ${node}` : `Bun ${bun}`;
  if (!BUILD) return `${process.platform}/${process.arch}, from the sources, ${runtime}`;
  return `${BUILD.target}, commit ${BUILD.commit}, ${runtime}`;
}
