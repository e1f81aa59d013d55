import { type FormEvent, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useApi } from '../../api/hooks.ts';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import styles from './guest-page.module.css';
import { GuestPage } from './guest-page.tsx';
import { PasswordFields, passwordProblem } from './password-fields.tsx';
import { useGuestCommand } from './use-guest-command.ts';

/** The page behind the one-time link that the first start prints. */
export default function Setup() {
  const [params] = useSearchParams();
  const setup = useApi('GET /setup', {});
  if (setup.data?.required === false) {
    return (
      <GuestPage
        title="Panther is set up"
        lead="The first administrator has been created; this link has done its work."
      >
        <ButtonLink to="/" look="primary" className={styles.submit}>
          Sign in
        </ButtonLink>
      </GuestPage>
    );
  }
  return <SetupForm token={params.get('token') ?? ''} />;
}

function SetupForm({ token }: { readonly token: string }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [[password, repeated], setPasswords] = useState(['', '']);
  const [problem, setProblem] = useState<string>();
  const navigate = useNavigate();
  const { failure, isBusy, send } = useGuestCommand('POST /setup', () => navigate('/', { replace: true }));
  const errorOf = (field: string) => (failure?.field === field ? failure.message : undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    const found = passwordProblem(password ?? '', repeated ?? '');
    setProblem(found);
    if (found === undefined)
      send({ body: { token, name: name.trim(), email: email.trim(), password: password ?? '' } });
  }

  return (
    <GuestPage
      title="Create the first administrator"
      lead="This account adds sources, destinations and the other users."
    >
      <form onSubmit={submit}>
        <Fields>
          {token === '' && <FormError>The link is not complete: open it exactly as panther up printed it.</FormError>}
          {failure !== null && failure.field === undefined && <FormError>{failure.message}</FormError>}
          {errorOf('token') !== undefined && <FormError>{errorOf('token')}</FormError>}
          <Field label="Your name" error={errorOf('name')}>
            <TextInput
              autoComplete="name"
              autoFocus
              required
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </Field>
          <Field
            label="E-mail address"
            error={errorOf('email')}
            help="You sign in with it. Panther sends no mail to it."
          >
            <TextInput
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </Field>
          <PasswordFields
            password={password ?? ''}
            repeated={repeated ?? ''}
            onChange={(...passwords) => setPasswords(passwords)}
            error={problem ?? errorOf('password')}
          />
          <Button type="submit" look="primary" busy={isBusy} disabled={token === ''} className={styles.submit}>
            Create account and sign in
          </Button>
        </Fields>
      </form>
    </GuestPage>
  );
}
