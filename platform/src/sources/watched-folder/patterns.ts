/** Patterns of paths, as in `.gitignore`: without a slash they are about the name, in any folder. */
import picomatch from 'picomatch';

export function createMatcher(patterns: readonly string[]): (path: string) => boolean {
  const byPath = patterns.filter((pattern) => pattern.includes('/'));
  const byName = patterns.filter((pattern) => !pattern.includes('/'));
  const isPath = picomatch(byPath, { dot: true });
  const isName = picomatch(byName, { dot: true, basename: true });
  return (path) => (byPath.length > 0 && isPath(path)) || (byName.length > 0 && isName(path));
}
