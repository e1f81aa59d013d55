/** Where an executable may keep what it unpacks: the place that the system has for it. */
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

export function cacheDir(env: Environment, platform: NodeJS.Platform): string {
  if (env['PANTHER_CACHE_DIR']) return env['PANTHER_CACHE_DIR'];
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local'), 'panther', 'cache');
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'panther');
  // Services often have no home.
  const home = env['HOME'];
  if (!home || home === '/' || home === '/nonexistent')
    return join(tmpdir(), `panther-${process.getuid?.() ?? 'user'}`);
  return platform === 'darwin' ? join(home, 'Library', 'Caches', 'panther') : join(home, '.cache', 'panther');
}
