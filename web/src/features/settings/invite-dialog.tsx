import type { Invitation, Role, User } from '@panther/platform/contract';
import { type FormEvent, useState } from 'react';
import type { ApiFailure } from '../../api/client.ts';
import { useCommand } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';
import { CopyBox } from '../../components/copy.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { formatTime } from '../../components/format.ts';
import { PickOne } from '../../components/pick.tsx';
import { ROLE_HELP, ROLE_OPTIONS } from './roles.ts';
import styles from './settings.module.css';

interface InviteDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (user: User, invitation: Invitation) => void;
}

export function InviteDialog({ onClose, onCreated }: InviteDialogProps) {
  const [draft, setDraft] = useState({ name: '', email: '', role: 'analyst' as Role });
  const create = useCommand('POST /users', { invalidates: ['GET /users'], announceFailure: false });
  const failure = create.error as ApiFailure | null;
  const errorOf = (field: string) => (failure?.field === field ? failure.message : undefined);

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate(
      { body: { ...draft, name: draft.name.trim(), email: draft.email.trim() } },
      { onSuccess: ({ user, invitation }) => onCreated(user, invitation) },
    );
  }

  return (
    <Dialog open onClose={onClose} title="Invite a user">
      <form onSubmit={submit}>
        <Fields>
          {failure !== null && failure.field === undefined && <FormError>{failure.message}</FormError>}
          <Field label="Name" error={errorOf('name')}>
            <TextInput
              required
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.target.value })}
            />
          </Field>
          <Field
            label="E-mail address"
            error={errorOf('email')}
            help="The user signs in with it. Panther sends no mail: you hand the link over."
          >
            <TextInput
              type="email"
              required
              value={draft.email}
              onChange={(event) => setDraft({ ...draft, email: event.target.value })}
            />
          </Field>
          <Field label="Role" help={ROLE_HELP}>
            <PickOne
              label="Role"
              options={ROLE_OPTIONS}
              value={draft.role}
              onChange={(role) => setDraft({ ...draft, role })}
            />
          </Field>
        </Fields>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            Create the invitation
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

interface InvitationDialogProps {
  readonly email: string;
  readonly invitation: Invitation;
  readonly onClose: () => void;
}

/** The one-time link; it cannot be shown again. */
export function InvitationDialog({ email, invitation, onClose }: InvitationDialogProps) {
  const link = new URL(invitation.path, window.location.href).href;
  return (
    <Dialog open onClose={onClose} title="Hand this link over" lead={`With it, ${email} sets a password and signs in.`}>
      <div className={styles.once}>
        <p className={styles.warning}>
          The link is shown only now. It works once, until {formatTime(invitation.expiresAt)}.
        </p>
        <CopyBox text={link} label="invitation link" />
      </div>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
