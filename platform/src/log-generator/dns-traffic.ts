/** Names that clients ask for, and the tunnel that one of them hides in such names. */
import { insideAddress, times } from './cast.ts';
import type { LineAt } from './generator.ts';
import type { Random } from './random.ts';

export interface Query {
  readonly client: string;
  readonly port: number;
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'TXT';
}

export type WriteQuery = (random: Random, query: Query) => LineAt;

export const RESOLVER = '10.0.0.2';

const NAMES = [
  'www.example.com',
  'api.example.com',
  'mail.example.com',
  'cdn.example.net',
  'time.example.org',
] as const;

export function lookUp(random: Random): Query {
  const type = random.chance(0.7) ? 'A' : 'AAAA';
  return { client: insideAddress(random), port: random.int(32_768, 60_999), name: random.pick(NAMES), type };
}

/** What `Network.DNSTunnelling` detects. */
export function tunnelling(write: WriteQuery) {
  return {
    ruleId: 'Network.DNSTunnelling',
    lines(random: Random): readonly LineAt[] {
      const client = insideAddress(random);
      return times(15, () => {
        const name = `${random.hex(52)}.${random.hex(48)}.t.example.net`;
        return write(random, { client, port: random.int(32_768, 60_999), name, type: 'TXT' });
      });
    },
  };
}
