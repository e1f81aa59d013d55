/** Who appears in the logs: documentation addresses, example names, an account that does not exist. */
import type { Random } from './random.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

export const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
] as const;

export interface Place {
  readonly city: string;
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
}

export interface Person {
  readonly name: string;
  readonly displayName: string;
  readonly email: string;
  /** Where they nearly always come from. */
  readonly address: string;
  readonly place: Place;
  readonly browser: (typeof BROWSERS)[number];
  /** As the applications number their users. */
  readonly number: number;
}

const ATHENS: Place = { city: 'Athens', country: 'Greece', lat: 37.98, lon: 23.73 };
const LYON: Place = { city: 'Lyon', country: 'France', lat: 45.76, lon: 4.84 };
const BOSTON: Place = { city: 'Boston', country: 'United States', lat: 42.36, lon: -71.06 };

export const PEOPLE = [
  person(1, 'alice', 'Alice Arden', ATHENS),
  person(2, 'bob', 'Bob Bauer', LYON),
  person(3, 'carol', 'Carol Costa', ATHENS),
  person(4, 'dave', 'Dave Dietrich', BOSTON),
  person(5, 'erin', 'Erin Eriksen', ATHENS),
  person(6, 'frank', 'Frank Fournier', LYON),
  person(7, 'grace', 'Grace Gallo', BOSTON),
  person(8, 'heidi', 'Heidi Hansen', LYON),
  person(9, 'ivan', 'Ivan Ito', BOSTON),
  person(10, 'judy', 'Judy Jansen', ATHENS),
] as const;
export const INTRUDER = person(77, 'mallory', 'Mallory Moss', BOSTON);

function person(number: number, name: string, displayName: string, place: Place): Person {
  const browser = BROWSERS[number % BROWSERS.length] ?? BROWSERS[0];
  return { number, name, displayName, email: `${name}@example.com`, address: `192.0.2.${number + 20}`, place, browser };
}

/** People are at home, but for some days. */
export function addressOf(random: Random, { address }: Person): string {
  return random.chance(0.9) ? address : usualAddress(random);
}

/** Where the company's people and customers come from. */
export function usualAddress(random: Random): string {
  return `${random.pick(['192.0.2', '198.51.100'])}.${random.int(1, 254)}`;
}

/** Where attacks come from. */
export function hostileAddress(random: Random): string {
  return `203.0.113.${random.int(1, 254)}`;
}

export function insideAddress(random: Random): string {
  return `10.0.${random.int(0, 3)}.${random.int(4, 250)}`;
}

/** A list of as many as wanted. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** `2026-01-02T03:04:05Z` */
export function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `02/Jan/2026:03:04:05 +0000` */
export function commonLogTime(time: Date): string {
  const text = time.toISOString();
  return `${text.slice(8, 10)}/${MONTHS[time.getUTCMonth()]}/${text.slice(0, 4)}:${text.slice(11, 19)} +0000`;
}

/** `Jan  2 03:04:05` */
export function bsdTime(time: Date): string {
  const day = String(time.getUTCDate()).padStart(2, ' ');
  return `${MONTHS[time.getUTCMonth()]} ${day} ${time.toISOString().slice(11, 19)}`;
}
