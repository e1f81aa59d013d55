/** Reading the fields of a log type's events by the names that rules use. */
import { toPlace } from './text-parts.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The value, from one of the places where a field can be; lists on the way give the values of all their elements. */
export type Reader = (event: object) => unknown;

/** `EventData.Image`: each a name, `.` goes inside; a name with dots in it is tried first. For `#` see `toPlace`. */
export type Path = string;

/** The first of the paths that has a value. */
export function createReader(paths: readonly Path[]): Reader {
  const readers = paths.map(pathReader);
  const [first, second] = readers;
  if (first === undefined) return () => undefined;
  if (second === undefined) return first;
  return (event) => {
    for (const read of readers) {
      const value = read(event);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function pathReader(text: Path): Reader {
  const { path, cut } = toPlace(text);
  const read = wholeReader(path);
  return cut === undefined ? read : (event) => cut(read(event));
}

function wholeReader(path: Path): Reader {
  const keys = path.split('.');
  if (keys.length === 1) return (event) => own(event, path);
  return (event) => {
    const whole = own(event, path);
    return whole === undefined ? walk(event, keys, 0) : whole;
  };
}

function walk(from: unknown, keys: readonly string[], start: number): unknown {
  let value = from;
  for (let index = start; index < keys.length; index += 1) {
    if (Array.isArray(value)) return walkList(value, keys, index);
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value, keys[index] as string);
  }
  return value;
}

function walkList(list: readonly unknown[], keys: readonly string[], index: number): unknown {
  const values = list.map((one) => walk(one, keys, index)).filter((one) => one !== undefined);
  return values.length === 0 ? undefined : values;
}

/** Readers of many fields of one event after the other: what they have in common is looked up once per event. */
export interface SharedReaders {
  /** Tells which event is read from now on. */
  begin(event: object): void;
  /** The same as `createReader(paths)` on the event at hand. */
  reader(paths: readonly Path[]): () => unknown;
}

/** A map on the way to fields. */
interface Container {
  readonly keys: readonly string[];
  readAt: number;
  value: unknown;
}

export function createSharedReaders(): SharedReaders {
  const containers = new Map<string, Container>();
  let event: object = {};
  let stamp = 0;
  let dotsAt = 0;
  let hasDots = false;

  /** Hardly any event has names with dots. */
  function eventHasDots(): boolean {
    if (dotsAt === stamp) return hasDots;
    dotsAt = stamp;
    hasDots = false;
    for (const key in event) hasDots ||= key.includes('.');
    return hasDots;
  }

  function containerOf(keys: readonly string[]): Container {
    const name = keys.join('.');
    const known = containers.get(name) ?? { keys, readAt: 0, value: undefined };
    containers.set(name, known);
    return known;
  }

  function inside(container: Container): unknown {
    if (container.readAt === stamp) return container.value;
    container.readAt = stamp;
    container.value = walk(event, container.keys, 0);
    return container.value;
  }

  function sharedReader(text: Path): () => unknown {
    const { path, cut } = toPlace(text);
    const read = wholeShared(path);
    return cut === undefined ? read : () => cut(read());
  }

  function wholeShared(path: Path): () => unknown {
    const keys = path.split('.');
    if (keys.length === 1) return () => own(event, path);
    const container = containerOf(keys.slice(0, -1));
    const last = keys.slice(-1);
    return () => {
      const whole = eventHasDots() ? own(event, path) : undefined;
      if (whole !== undefined) return whole;
      const map = inside(container);
      return map === undefined ? undefined : walk(map, last, 0);
    };
  }

  return {
    begin(given) {
      event = given;
      stamp += 1;
    },
    reader: (paths) => firstOf(paths.map(sharedReader)),
  };
}

function firstOf(readers: readonly (() => unknown)[]): () => unknown {
  return () => {
    for (let index = 0; index < readers.length; index += 1) {
      const value = (readers[index] as () => unknown)();
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** What all objects inherit is no field. */
function own(map: object, key: string): unknown {
  const value = (map as Fields)[key];
  return value === undefined || typeof value === 'function' || !Object.hasOwn(map, key) ? undefined : value;
}

/** Every text in the event's own fields, for keywords. */
export function readAllTexts(event: object): unknown {
  const values: unknown[] = [];
  for (const key in event) if (!key.startsWith('p_')) collect((event as Fields)[key], values);
  return values;
}

function collect(value: unknown, into: unknown[]): void {
  if (value === null || value === undefined) return;
  if (typeof value !== 'object') into.push(value);
  else for (const one of Object.values(value)) collect(one, into);
}
