/** Transformations of field names. A name can become several places, of which the first with a value counts: `a|b`. */
import type { Transformation } from './schema.ts';

export const PLACES = '|';

export function placesOf(field: string): readonly string[] {
  return field.split(PLACES);
}

type FieldTransformation = Extract<Transformation, { readonly type: `field_name_${string}` }>;

export function isFieldTransformation(one: Transformation): one is FieldTransformation {
  return one.type.startsWith('field_name_');
}

/** The name that the transformation makes of a name; the same when it has nothing to say. */
export function renameField(one: FieldTransformation, field: string): string {
  switch (one.type) {
    case 'field_name_mapping':
      return eachPlace(field, (name) => (Object.hasOwn(one.mapping, name) ? (one.mapping[name] ?? [name]) : [name]));
    case 'field_name_prefix':
      return eachPlace(field, (name) => [one.prefix + name]);
    case 'field_name_suffix':
      return eachPlace(field, (name) => [name + one.suffix]);
    case 'field_name_prefix_mapping':
      return eachPlace(field, (name) => withPrefix(name, one.mapping));
    case 'field_name_paths':
      return eachPlace(field, (name) => one.paths.map((path) => path.replaceAll('*', name)));
    default:
      return eachPlace(field, (name) => [one.mapping[name] ?? TRANSFORMS[one.transform_func](name)]);
  }
}

function eachPlace(field: string, rename: (name: string) => readonly string[]): string {
  return [...new Set(placesOf(field).flatMap(rename))].join(PLACES);
}

function withPrefix(name: string, mapping: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const prefix = Object.keys(mapping).find((one) => name.startsWith(one));
  return prefix === undefined ? [name] : (mapping[prefix] ?? []).map((to) => to + name.slice(prefix.length));
}

const TRANSFORMS = {
  lower: (name: string) => name.toLowerCase(),
  upper: (name: string) => name.toUpperCase(),
  title: (name: string) => wordsOf(name).map(capital).join(''),
  snake_case: (name: string) => wordsOf(name).join('_'),
  camel_case(name: string) {
    const [first = '', ...others] = wordsOf(name);
    return first + others.map(capital).join('');
  },
};

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
