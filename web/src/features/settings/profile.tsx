import { type FormEvent, useState } from 'react';
import type { ApiFailure } from '../../api/client.ts';
import { useCommand } from '../../api/hooks.ts';
import { useSession } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { Card, Facts } from '../../components/page.tsx';
import { PasswordFields, passwordProblem } from '../auth/password-fields.tsx';
import { roleName } from './roles.ts';
import styles from './settings.module.css';

export function Profile() {
  const { actor } = useSession();
  return (
    <>
      <Card title="You" className={styles.narrow}>
        <Facts
          items={[
            ['Name', actor.name],
            ['E-mail address', actor.email ?? '–'],
            ['Role', roleName(actor.role)],
          ]}
        />
      </Card>
      <Card title="Change the password" className={styles.narrow}>
        <PasswordForm />
      </Card>
    </>
  );
}

function PasswordForm() {
  const [current, setCurrent] = useState('');
  const [[password, repeated], setPasswords] = useState(['', '']);
  const [problem, setProblem] = useState<string>();
  const change = useCommand('PUT /session/password', {
    done: 'The password is changed. Your other sessions have ended.',
    announceFailure: false,
  });
  const failure = change.error as ApiFailure | null;

  function submit(event: FormEvent) {
    event.preventDefault();
    const found = passwordProblem(password ?? '', repeated ?? '');
    setProblem(found);
    if (found !== undefined) return;
    change.mutate({ body: { currentPassword: current, newPassword: password ?? '' } }, { onSuccess: clear });
  }

  function clear() {
    setCurrent('');
    setPasswords(['', '']);
  }

  return (
    <form onSubmit={submit}>
      <Fields>
        {failure !== null && failure.field === undefined && <FormError>{failure.message}</FormError>}
        <Field label="Current password" error={failure?.field === 'currentPassword' ? failure.message : undefined}>
          <TextInput
            type="password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        </Field>
        <PasswordFields
          label="New password"
          password={password ?? ''}
          repeated={repeated ?? ''}
          onChange={(...passwords) => setPasswords(passwords)}
          error={problem ?? (failure?.field === 'newPassword' ? failure.message : undefined)}
        />
        <div>
          <Button type="submit" look="primary" busy={change.isPending}>
            Change the password
          </Button>
        </div>
      </Fields>
    </form>
  );
}
