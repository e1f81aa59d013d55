/** A form drawn from the JSON Schema of a source's or destination's configuration. */
import type { FormField } from '@panther/platform/contract';
import { sentence } from './badge.tsx';
import { Field, Fields, Switch, TextArea, TextInput } from './field.tsx';
import { InlineCode } from './inline-code.tsx';
import { KeyValues } from './key-values.tsx';
import { humanName } from './names.ts';
import { PickOne } from './pick.tsx';

export type Config = Readonly<Record<string, unknown>>;

interface SchemaFormProps {
  readonly form: FormField;
  readonly value: Config;
  readonly onChange: (value: Config) => void;
  /** The field that the API refused, by dotted path, e.g. `config.url`. */
  readonly error?: { readonly field: string; readonly message: string } | undefined;
  /** Secret fields that have a value on the server. */
  readonly secretsSet?: readonly string[];
  /** Dotted path of `value` in the request. */
  readonly path?: string;
}

export function SchemaForm({ form, value, onChange, error, secretsSet = [], path = 'config' }: SchemaFormProps) {
  return (
    <Fields>
      {Object.entries(form.properties ?? {}).map(([name, field]) => {
        const own =
          error !== undefined && (error.field === `${path}.${name}` || error.field.startsWith(`${path}.${name}.`));
        return (
          <SchemaField
            key={name}
            name={name}
            field={plain(field)}
            value={value[name]}
            onChange={(next) => onChange(withValue(value, name, next))}
            required={(form.required ?? []).includes(name) && field.default === undefined}
            isSet={secretsSet.includes(name)}
            error={own ? error.message : undefined}
          />
        );
      })}
    </Fields>
  );
}

interface SchemaFieldProps {
  readonly name: string;
  readonly field: FormField;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly required: boolean;
  /** A secret that has a value already. */
  readonly isSet: boolean;
  readonly error: string | undefined;
}

function SchemaField(props: SchemaFieldProps) {
  const { name, field, value, onChange, required, isSet, error } = props;
  const label = field.title ?? humanName(name);
  if (field.type === 'boolean') {
    return (
      <Field label={label} help={field.description && <InlineCode text={field.description} />} error={error}>
        <Switch bare label={label} checked={(value ?? field.default) === true} onChange={onChange} />
      </Field>
    );
  }
  const help = isSet
    ? `${field.description ?? ''} A value is stored; leave this empty to keep it.`.trim()
    : field.description;
  return (
    <Field label={label} help={help && <InlineCode text={help} />} error={error} required={required}>
      <Control {...props} label={label} />
    </Field>
  );
}

function Control({ field, value, onChange, required, isSet, label }: SchemaFieldProps & { readonly label: string }) {
  if (field.enum !== undefined) {
    const options = field.enum.map((item) => ({ value: String(item), label: sentence(String(item)) }));
    const chosen = String(value ?? field.default ?? options[0]?.value ?? '');
    return (
      <PickOne label={label} options={options} value={chosen} onChange={(next) => onChange(enumValue(field, next))} />
    );
  }
  if (field.type === 'object') return <KeyValues value={value} onChange={onChange} secret={field.writeOnly === true} />;
  if (field.type === 'array') return <Lines value={value} onChange={onChange} />;
  if (field.type === 'integer' || field.type === 'number')
    return <NumberInput field={field} value={value} onChange={onChange} />;
  const isLong = field.writeOnly !== true && (field.maxLength ?? 0) > 1_000;
  const text = typeof value === 'string' ? value : '';
  if (isLong) return <TextArea value={text} onChange={(event) => onChange(event.target.value || undefined)} />;
  return (
    <TextInput
      type={inputType(field)}
      value={text}
      required={required && !isSet}
      autoComplete={field.writeOnly ? 'new-password' : 'off'}
      spellCheck={false}
      placeholder={isSet ? '••••••••' : placeholder(field)}
      onChange={(event) => onChange(event.target.value || undefined)}
    />
  );
}

function inputType(field: FormField): string {
  if (field.format === 'uri') return 'url';
  return field.writeOnly ? 'password' : 'text';
}

function NumberInput({ field, value, onChange }: Pick<SchemaFieldProps, 'field' | 'value' | 'onChange'>) {
  return (
    <TextInput
      type="number"
      value={typeof value === 'number' ? value : ''}
      min={field.minimum}
      max={field.maximum}
      step={field.type === 'integer' ? 1 : 'any'}
      placeholder={placeholder(field)}
      onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
    />
  );
}

function Lines({ value, onChange }: Pick<SchemaFieldProps, 'value' | 'onChange'>) {
  const text = Array.isArray(value) ? value.join('\n') : '';
  return (
    <TextArea
      value={text}
      placeholder="One per line"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value.split('\n'))}
    />
  );
}

/** An optional field is a choice between its schema and null: the schema is what the form needs. */
function plain(field: FormField): FormField {
  const choice = field.anyOf?.find((item) => item.type !== undefined && (item.type as string) !== 'null');
  if (choice === undefined) return field;
  const { anyOf: _, ...rest } = field;
  return { ...choice, ...rest };
}

function withValue(config: Config, name: string, value: unknown): Config {
  const { [name]: _, ...rest } = config;
  return value === undefined ? rest : { ...rest, [name]: value };
}

function enumValue(field: FormField, text: string): string | number {
  return field.enum?.find((item) => String(item) === text) ?? text;
}

function placeholder(field: FormField): string | undefined {
  return field.default === undefined || field.default === '' ? undefined : String(field.default);
}

/** The configuration as the API takes it: lists without blank lines, names without empty keys. */
export function cleanConfig(config: Config): Config {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, cleanValue(value)]));
}

function cleanValue(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' ? item.trim() : item)).filter((item) => item !== '');
  return value;
}
