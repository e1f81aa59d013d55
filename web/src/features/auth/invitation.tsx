import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { call, failureMessage } from '../../api/client.ts';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { Skeleton } from '../../components/states.tsx';
import styles from './guest-page.module.css';
import { GuestPage } from './guest-page.tsx';
import { PasswordFields, passwordProblem } from './password-fields.tsx';
import { useGuestCommand } from './use-guest-command.ts';

/** The page behind a one-time link: an invitation, or a password reset. */
export default function Invitation() {
  const [params] = useSearchParams();
  const token = params.get('token') ?? '';
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => call('POST /invitations/check', { body: { token } }, signal),
    retry: false,
  });
  if (invitation.isPending) return <Skeleton />;
  if (invitation.data === undefined) return <BadLink reason={failureMessage(invitation.error)} />;
  return <InvitationForm token={token} email={invitation.data.email} name={invitation.data.name} />;
}

function BadLink({ reason }: { readonly reason: string }) {
  return (
    <GuestPage title="This link does not work" lead={reason}>
      <p>Links work once, and for a limited time. Ask an administrator for a new one.</p>
      <p className={styles.note}>
        <ButtonLink to="/">Go to the sign-in page</ButtonLink>
      </p>
    </GuestPage>
  );
}

interface InvitationFormProps {
  readonly token: string;
  readonly email: string;
  readonly name: string;
}

function InvitationForm({ token, email, name: known }: InvitationFormProps) {
  const [name, setName] = useState(known);
  const [[password, repeated], setPasswords] = useState(['', '']);
  const [problem, setProblem] = useState<string>();
  const navigate = useNavigate();
  const { failure, isBusy, send } = useGuestCommand('POST /invitations/accept', () => navigate('/', { replace: true }));

  function submit(event: FormEvent) {
    event.preventDefault();
    const found = passwordProblem(password ?? '', repeated ?? '');
    setProblem(found);
    if (found === undefined) send({ body: { token, name: name.trim(), password: password ?? '' } });
  }

  return (
    <GuestPage title="Set your password" lead={`For ${email}`}>
      <form onSubmit={submit}>
        <Fields>
          {failure !== null && <FormError>{failure.message}</FormError>}
          <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
          <Field label="Your name">
            <TextInput autoComplete="name" required value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <PasswordFields
            password={password ?? ''}
            repeated={repeated ?? ''}
            onChange={(...passwords) => setPasswords(passwords)}
            error={problem}
          />
          <Button type="submit" look="primary" busy={isBusy} className={styles.submit}>
            Set password and sign in
          </Button>
        </Fields>
      </form>
    </GuestPage>
  );
}
