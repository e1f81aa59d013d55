import type { OverridableField } from '@panther/platform/contract';
import { useState } from 'react';
import { useApi } from '../../api/hooks.ts';
import { sentence } from '../../components/badge.tsx';
import { Check, TextArea, TextInput } from '../../components/field.tsx';
import { PickMany, PickOne } from '../../components/pick.tsx';
import { readList, readReports, reportsText } from './override-values.ts';

interface OverrideControlProps {
  readonly kind: OverridableField['kind'];
  readonly label: string;
  /** Null: the field is absent. */
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

const SEVERITIES = ['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'].map((value) => ({ value, label: sentence(value) }));

export function OverrideControl({ kind, label, value, onChange }: OverrideControlProps) {
  const text = value === null || value === undefined ? '' : String(value);
  const orNull = (next: string) => onChange(next === '' ? null : next);
  switch (kind) {
    case 'severity':
      return (
        <PickOne
          label={label}
          options={SEVERITIES}
          value={text.toUpperCase()}
          onChange={(next) => onChange(sentence(next))}
          small
        />
      );
    case 'boolean':
      return (
        <Check
          bare
          label={label}
          checked={value !== false}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'integer':
      return (
        <TextInput
          type="number"
          aria-label={label}
          value={text}
          onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? null : Number(currentTarget.value))}
        />
      );
    case 'long-text':
      return (
        <TextArea aria-label={label} rows={3} value={text} onChange={(event) => orNull(event.currentTarget.value)} />
      );
    case 'list':
      return <Parsed label={label} text={asList(value).join(', ')} read={readList} onChange={onChange} />;
    case 'reports':
      return <Parsed label={label} text={reportsText(value)} read={readReports} onChange={onChange} isLong />;
    case 'destinations':
      return <Destinations label={label} value={asList(value)} onChange={onChange} />;
    case 'text':
      return <TextInput aria-label={label} value={text} onChange={(event) => orNull(event.currentTarget.value)} />;
  }
}

function asList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

interface ParsedProps {
  readonly label: string;
  readonly text: string;
  readonly read: (text: string) => unknown;
  readonly onChange: (value: unknown) => void;
  readonly isLong?: boolean;
}

/** Text while it is typed; what it says when the control is left. */
function Parsed({ label, text, read, onChange, isLong = false }: ParsedProps) {
  const [typed, setTyped] = useState<string>();
  const control = {
    'aria-label': label,
    value: typed ?? text,
    onChange: (event: { currentTarget: { value: string } }) => setTyped(event.currentTarget.value),
    onBlur() {
      if (typed !== undefined) onChange(read(typed));
      setTyped(undefined);
    },
  };
  return isLong ? <TextArea rows={2} {...control} /> : <TextInput {...control} />;
}

interface DestinationsProps {
  readonly label: string;
  readonly value: readonly string[];
  readonly onChange: (value: unknown) => void;
}

function Destinations({ label, value, onChange }: DestinationsProps) {
  const { data } = useApi('GET /destinations', {});
  const known = (data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const gone = value.filter((id) => !known.some((one) => one.value === id)).map((id) => ({ value: id, label: id }));
  return (
    <PickMany
      label={label}
      options={[...known, ...gone]}
      value={value}
      onChange={(next) => onChange(next.length === 0 ? null : [...next])}
    />
  );
}
