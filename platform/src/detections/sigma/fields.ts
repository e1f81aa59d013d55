/** Reading the fields of a log type's events by the names that rules use. */

type Fields = Readonly<Record<string, unknown>>;

/** The value, from one of the places where a field can be; lists on the way give the values of all their elements. */
export type Reader = (event: object) => unknown;

/** `EventData.Image`: each a name, `.` goes inside; a name with dots in it is tried first. */
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

function pathReader(path: Path): Reader {
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
