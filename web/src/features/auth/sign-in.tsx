import { type FormEvent, useState } from 'react';
import { useApi } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import styles from './guest-page.module.css';
import { GuestPage } from './guest-page.tsx';
import { useGuestCommand } from './use-guest-command.ts';

export default function SignIn() {
  const setup = useApi('GET /setup', {});
  if (setup.data?.required) return <SetupNeeded />;
  return <SignInForm />;
}

function SignInForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { failure, isBusy, send } = useGuestCommand('POST /session');

  function submit(event: FormEvent) {
    event.preventDefault();
    send({ body: { email: email.trim(), password } });
  }

  return (
    <GuestPage title="Sign in">
      <form onSubmit={submit}>
        <Fields>
          {failure !== null && <FormError>{failure.message}</FormError>}
          <Field label="E-mail address">
            <TextInput
              type="email"
              name="email"
              autoComplete="username"
              autoFocus
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </Field>
          <Field label="Password">
            <TextInput
              type="password"
              name="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
          <Button type="submit" look="primary" busy={isBusy} className={styles.submit}>
            Sign in
          </Button>
        </Fields>
      </form>
      <p className={styles.note}>Forgot your password? An administrator can make you a new link.</p>
    </GuestPage>
  );
}

function SetupNeeded() {
  return (
    <GuestPage
      title="Welcome to Panther"
      lead="Nobody can sign in yet: the first administrator is still to be created."
    >
      <p>
        Open the one-time link that <code>panther up</code> printed in the terminal where it was started.
      </p>
    </GuestPage>
  );
}
