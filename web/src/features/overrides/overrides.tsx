import type { DetectionDetail, DetectionOverrides, OverridableField } from '@panther/platform/contract';
import { type FormEvent, useState } from 'react';
import type { ApiFailure } from '../../api/client.ts';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { OverrideControl } from './override-control.tsx';
import { changedFields, fieldLabel, shownValue } from './override-values.ts';
import styles from './overrides.module.css';

/** Fields of a pack's detection that are other here than in the pack: which they are, changing them, resetting them. */
export function Overrides({ detection }: { readonly detection: DetectionDetail }) {
  const overrides = useApi('GET /detections/:id/overrides', { params: { id: detection.id } });
  return (
    <Loaded query={overrides}>
      {(found) => <OverridesForm key={found.version} id={detection.id} overrides={found} />}
    </Loaded>
  );
}

const STALE = [
  'GET /detections',
  'GET /detections/:id',
  'GET /detections/:id/overrides',
  'GET /detections/:id/changes',
  'GET /detections/:id/versions',
  'GET /detections/:id/source',
  'GET /packs',
  'GET /packs/:name',
] as const;

type Values = Readonly<Record<string, unknown>>;

function OverridesForm({ id, overrides }: { readonly id: string; readonly overrides: DetectionOverrides }) {
  const { fields, origin, version } = overrides;
  const canChange = useCan('analyst');
  const [values, setValues] = useState<Values>(Object.fromEntries(fields.map(({ field, value }) => [field, value])));
  const [note, setNote] = useState('');
  const save = useCommand('PUT /detections/:id/overrides', {
    invalidates: STALE,
    done: 'The overrides are in force.',
    announceFailure: false,
  });
  const failure = save.error as ApiFailure | null;
  const problemOf = (field: string) => (failure?.field === `overrides.${field}` ? failure.message : undefined);
  const isForWhole = failure !== null && fields.every(({ field }) => problemOf(field) === undefined);
  const isChanged = fields.some(({ field, value }) => JSON.stringify(values[field]) !== JSON.stringify(value));

  function submit(event: FormEvent) {
    event.preventDefault();
    const body = { overrides: changedFields(fields, values), expectedVersion: version, note };
    save.mutate({ params: { id }, body });
  }

  return (
    <Card title="Overrides" aside={`From ${origin}`} flush>
      <p className={styles.lead}>
        What is changed here stays when the pack is updated. Who changes more than these fields makes the detection
        their own.
      </p>
      <form onSubmit={submit}>
        <table className={table.table}>
          <thead>
            <tr>
              <th>Field</th>
              <th className={table.grow}>Here</th>
              <th className={table.hideSmall}>In the pack</th>
              {canChange && <HiddenHead />}
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <Row
                key={field.field}
                field={field}
                value={values[field.field] ?? null}
                problem={problemOf(field.field)}
                canChange={canChange}
                onChange={(value) => setValues({ ...values, [field.field]: value })}
              />
            ))}
          </tbody>
        </table>
        {canChange && (
          <div className={styles.foot}>
            <Fields>
              {isForWhole && <FormError>{failure?.message}</FormError>}
              <Field label="Note" required={false} help="Why, for its history.">
                <TextInput value={note} onChange={(event) => setNote(event.currentTarget.value)} />
              </Field>
            </Fields>
            <Button type="submit" look="primary" busy={save.isPending} disabled={!isChanged}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}

interface RowProps {
  readonly field: OverridableField;
  readonly value: unknown;
  readonly problem: string | undefined;
  readonly canChange: boolean;
  readonly onChange: (value: unknown) => void;
}

function Row({ field, value, problem, canChange, onChange }: RowProps) {
  const isOther = JSON.stringify(value) !== JSON.stringify(field.packValue ?? null);
  const label = fieldLabel(field.field);
  return (
    <tr>
      <td>
        <span className={table.main}>{label}</span>
        {isOther && (
          <span className={table.sub}>
            <Badge tone="warn">Overridden</Badge>
          </span>
        )}
      </td>
      <td>
        {canChange ? (
          <OverrideControl kind={field.kind} label={label} value={value} onChange={onChange} />
        ) : (
          shownValue(value)
        )}
        {problem !== undefined && (
          <span role="alert" className={styles.problem}>
            {problem}
          </span>
        )}
      </td>
      <td className={`${table.hideSmall} ${table.dim}`}>{shownValue(field.packValue)}</td>
      {canChange && (
        <td className={table.actions}>
          {isOther && (
            <Button small aria-label={`Reset ${label}`} onClick={() => onChange(field.packValue ?? null)}>
              Reset
            </Button>
          )}
        </td>
      )}
    </tr>
  );
}
