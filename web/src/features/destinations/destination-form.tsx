import type { Destination, UnitType } from '@panther/platform/contract';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { ApiFailure } from '../../api/client.ts';
import { SEVERITIES, sentence } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { PickMany } from '../../components/pick.tsx';
import { type Config, cleanConfig, SchemaForm } from '../../components/schema-form.tsx';
import sourceStyles from '../sources/sources.module.css';

const ALERT_TYPES: Destination['alertTypes'] = ['RULE', 'RULE_ERROR', 'POLICY'];

export interface DestinationDraft {
  readonly name: string;
  readonly severities: Readonly<Destination['severities']>;
  readonly alertTypes: Readonly<Destination['alertTypes']>;
  readonly config: Config;
}

export const NEW_DESTINATION: DestinationDraft = {
  name: '',
  severities: ['CRITICAL', 'HIGH', 'MEDIUM'],
  alertTypes: ALERT_TYPES,
  config: {},
};

interface DestinationFormProps {
  readonly type: UnitType;
  readonly initial: DestinationDraft;
  readonly secretsSet?: readonly string[];
  readonly readOnly?: boolean;
  readonly verb: string;
  readonly busy: boolean;
  readonly failure: ApiFailure | null;
  readonly onSubmit: (draft: DestinationDraft) => void;
  readonly cancel: ReactNode;
}

export function DestinationForm(props: DestinationFormProps) {
  const { type, initial, secretsSet, readOnly, verb, busy, failure, onSubmit, cancel } = props;
  const [draft, setDraft] = useState<DestinationDraft>(initial);
  const field = failure?.field;
  const isOwn = field === 'name' || field?.startsWith('config.');

  function submit(event: FormEvent) {
    event.preventDefault();
    onSubmit({ ...draft, name: draft.name.trim(), config: cleanConfig(draft.config) });
  }

  return (
    <form onSubmit={submit}>
      <fieldset disabled={readOnly}>
        <Fields>
          {failure !== null && !isOwn && <FormError>{failure.message}</FormError>}
          <Field label="Name" error={field === 'name' ? failure?.message : undefined}>
            <TextInput
              required
              maxLength={200}
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.target.value })}
            />
          </Field>
          <Field
            label="Severities"
            help="Alerts of these severities are sent here, unless a detection names its own destinations."
          >
            <PickMany
              full
              label="Severities"
              placeholder="None: only detections that name it"
              options={SEVERITIES.map((value) => ({ value, label: sentence(value) }))}
              value={draft.severities}
              onChange={(severities) => setDraft({ ...draft, severities })}
            />
          </Field>
          <Field label="Alert types">
            <PickMany
              full
              label="Alert types"
              placeholder="None"
              options={ALERT_TYPES.map((value) => ({ value, label: sentence(value) }))}
              value={draft.alertTypes}
              onChange={(alertTypes) => setDraft({ ...draft, alertTypes })}
            />
          </Field>
          <SchemaForm
            form={type.form}
            value={draft.config}
            onChange={(config) => setDraft({ ...draft, config })}
            error={field === undefined || failure === null ? undefined : { field, message: failure.message }}
            secretsSet={secretsSet ?? []}
          />
        </Fields>
        {!readOnly && (
          <div className={sourceStyles.formActions}>
            <Button type="submit" look="primary" busy={busy}>
              {verb}
            </Button>
            {cancel}
          </div>
        )}
      </fieldset>
    </form>
  );
}
