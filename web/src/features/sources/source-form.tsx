import type { UnitType } from '@panther/platform/contract';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { ApiFailure } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { PickMany } from '../../components/pick.tsx';
import { type Config, cleanConfig, SchemaForm } from '../../components/schema-form.tsx';
import styles from './sources.module.css';

export interface SourceDraft {
  readonly name: string;
  readonly logTypes: readonly string[];
  readonly config: Config;
}

interface SourceFormProps {
  readonly type: UnitType;
  readonly initial: SourceDraft;
  readonly secretsSet?: readonly string[];
  readonly verb: string;
  readonly busy: boolean;
  readonly failure: ApiFailure | null;
  readonly onSubmit: (draft: SourceDraft) => void;
  readonly cancel: ReactNode;
}

/** What a source is made of: a name, the log types it carries, and its type's own fields. */
export function SourceForm(props: SourceFormProps) {
  const { type, initial, secretsSet, verb, busy, failure, onSubmit, cancel } = props;
  const [draft, setDraft] = useState(initial);
  const [tried, setTried] = useState(false);
  const logTypes = useApi('GET /log-types', {}, { staleTime: 60_000 });
  const options = (logTypes.data?.items ?? []).map(({ name }) => ({ value: name, label: name }));
  const errorOf = (field: string) =>
    failure?.field === field || failure?.field?.startsWith(`${field}.`) ? failure.message : undefined;
  const isElsewhere = failure !== null && ![errorOf('name'), errorOf('logTypes'), errorOf('config')].some(Boolean);
  const needsLogTypes = tried && draft.logTypes.length === 0 ? 'Choose at least one log type.' : undefined;

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (draft.logTypes.length > 0) onSubmit({ ...draft, name: draft.name.trim(), config: cleanConfig(draft.config) });
  }

  return (
    <form onSubmit={submit} noValidate={false}>
      <Fields>
        {isElsewhere && <FormError>{failure.message}</FormError>}
        <Field label="Name" help="Events carry it as p_source_label." error={errorOf('name')}>
          <TextInput
            required
            maxLength={64}
            value={draft.name}
            onChange={(event) => setDraft({ ...draft, name: event.target.value })}
          />
        </Field>
        <Field
          label="Log types"
          help="What this source carries. Each record is given to the type that accepts it; those that none accepts are kept in quarantine."
          error={needsLogTypes ?? errorOf('logTypes')}
        >
          <PickMany
            full
            label="Log types"
            placeholder="Choose log types"
            options={options}
            value={draft.logTypes}
            onChange={(next) => setDraft({ ...draft, logTypes: next })}
          />
        </Field>
        <SchemaForm
          form={type.form}
          value={draft.config}
          onChange={(config) => setDraft({ ...draft, config })}
          error={failure?.field === undefined ? undefined : { field: failure.field, message: failure.message }}
          secretsSet={secretsSet ?? []}
        />
      </Fields>
      <div className={styles.formActions}>
        <Button type="submit" look="primary" busy={busy}>
          {verb}
        </Button>
        {cancel}
      </div>
    </form>
  );
}
