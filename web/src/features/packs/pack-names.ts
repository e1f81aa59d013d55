import type { Pack, PackOrigin } from '@panther/platform/contract';

export function packPath(name: string): string {
  return `/detections/packs/${encodeURIComponent(name)}`;
}

/** Where a pack came from, in a few words. */
export function shortSource({ isFixed, source }: Pick<Pack, 'isFixed' | 'source'>): string {
  if (isFixed) return 'comes with Panther';
  return source === null ? 'a folder or zip' : sourceText(source);
}

/** `github.com/a/b/rules at v1 (1a2b3c4)`. */
export function sourceText({ url, ref, folder, commit }: PackOrigin): string {
  const place = url.replace(/^\w+:\/\/([^@/]*@)?|\.git$/g, '');
  const inside = folder === '' ? '' : `/${folder}`;
  const short = commit.slice(0, 7);
  const at = ref === null || ref.startsWith(short) ? ` (${short})` : ` at ${ref} (${short})`;
  return `${place}${inside}${at}`;
}

/** A name for a pack of what is read from there, as far as one can be made of it. */
export function packNameFrom(place: string): string {
  const last =
    place
      .replace(/\/+$/, '')
      .split(/[/\\:]/)
      .at(-1) ?? '';
  return last
    .replace(/\.(git|zip)$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);
}
