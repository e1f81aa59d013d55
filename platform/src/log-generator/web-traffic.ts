/** Requests to a web site, and what scanners ask it for; the web servers' generators write them in their formats. */
import { BROWSERS, hostileAddress, times, usualAddress } from './cast.ts';
import type { LineAt } from './generator.ts';
import type { Random } from './random.ts';

export interface WebRequest {
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly referrer: string;
  readonly userAgent: string;
}

export type WriteRequest = (random: Random, request: WebRequest) => LineAt;

const PAGES = ['/', '/products', '/products/42', '/cart', '/about', '/assets/app.js', '/assets/style.css'] as const;
const PROBES = [
  '/.env',
  '/.git/config',
  '/wp-login.php',
  '/phpmyadmin/index.php',
  '/cgi-bin/test.cgi',
  '/actuator/env',
];

export function visit(random: Random): WebRequest {
  const isLost = random.chance(0.03);
  return {
    client: usualAddress(random),
    method: random.chance(0.9) ? 'GET' : 'POST',
    path: isLost ? `/old/${random.int(1, 99)}` : random.pick(PAGES),
    status: isLost ? 404 : random.pick([200, 200, 200, 200, 304, 302]),
    bytes: random.int(150, 60_000),
    referrer: random.chance(0.5) ? 'https://www.example.com/' : '-',
    userAgent: random.pick(BROWSERS),
  };
}

/** What `Web.PathProbing` detects. */
export function probing(write: WriteRequest) {
  return {
    ruleId: 'Web.PathProbing',
    lines(random: Random): readonly LineAt[] {
      const client = hostileAddress(random);
      const common = { client, method: 'GET', status: 404, bytes: 153, referrer: '-', userAgent: 'curl/8.5.0' };
      return times(14, (index) => write(random, { ...common, path: PROBES[index % PROBES.length] ?? '/.env' }));
    },
  };
}
