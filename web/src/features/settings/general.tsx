import type { Settings } from '@panther/platform/contract';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ApiFailure } from '../../api/client.ts';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import styles from './settings.module.css';

export function General() {
  const settings = useApi('GET /settings', {});
  return (
    <Card title="General" className={styles.narrow}>
      <Loaded query={settings} lines={4}>
        {(data) => <GeneralForm settings={data} />}
      </Loaded>
    </Card>
  );
}

function GeneralForm({ settings }: { readonly settings: Settings }) {
  const canChange = useCan('admin');
  const client = useQueryClient();
  const [draft, setDraft] = useState(settings);
  const update = useCommand('PATCH /settings', {
    invalidates: ['GET /settings'],
    done: 'The settings are saved.',
    announceFailure: false,
  });
  const failure = update.error as ApiFailure | null;
  const errorOf = (field: string) => (failure?.field === field ? failure.message : undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    update.mutate({ body: draft }, { onSuccess: () => client.invalidateQueries({ queryKey: ['session'] }) });
  }

  return (
    <form onSubmit={submit}>
      <fieldset disabled={!canChange}>
        <Fields>
          {failure !== null && failure.field === undefined && <FormError>{failure.message}</FormError>}
          <Field label="Name of the organisation" error={errorOf('organizationName')}>
            <TextInput
              required
              value={draft.organizationName}
              onChange={(event) => setDraft({ ...draft, organizationName: event.target.value })}
            />
          </Field>
          <Field
            label="Address of the console"
            required={false}
            error={errorOf('consoleUrl')}
            help="Links in alerts lead to it. Empty: the address on which Panther listens."
          >
            <TextInput
              type="url"
              placeholder="https://panther.example.com"
              value={draft.consoleUrl}
              onChange={(event) => setDraft({ ...draft, consoleUrl: event.target.value })}
            />
          </Field>
          {canChange && (
            <div>
              <Button type="submit" look="primary" busy={update.isPending}>
                Save
              </Button>
            </div>
          )}
        </Fields>
      </fieldset>
    </form>
  );
}
