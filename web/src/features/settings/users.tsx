import type { Invitation, User } from '@panther/platform/contract';
import { Ellipsis, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan, useSession } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Dot } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Confirm } from '../../components/dialog.tsx';
import { Menu, MenuItem, MenuSeparator } from '../../components/menu.tsx';
import { Card } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { InvitationDialog, InviteDialog } from './invite-dialog.tsx';
import { ROLE_OPTIONS, roleName } from './roles.ts';

const STATES = { active: ['good', 'Active'], invited: ['warn', 'Invited'], disabled: ['info', 'Disabled'] } as const;

interface Shown {
  readonly email: string;
  readonly invitation: Invitation;
}

export function Users() {
  const isAdmin = useCan('admin');
  const users = useApi('GET /users', {});
  const [inviting, setInviting] = useState(false);
  const [shown, setShown] = useState<Shown>();
  return (
    <Card
      title="Users"
      aside={
        isAdmin && (
          <Button small look="primary" icon={<UserPlus aria-hidden />} onClick={() => setInviting(true)}>
            Invite a user
          </Button>
        )
      }
      flush
    >
      <Loaded query={users}>
        {({ items }) => (
          <table className={table.table}>
            <thead>
              <tr>
                <th>Name</th>
                <th>Role</th>
                <th className={table.hideSmall}>State</th>
                <th className={table.hideSmall}>Last sign-in</th>
                {isAdmin && <HiddenHead />}
              </tr>
            </thead>
            <tbody>
              {items.map((user) => (
                <UserRow
                  key={user.id}
                  user={user}
                  isAdmin={isAdmin}
                  onInvitation={(invitation) => setShown({ email: user.email, invitation })}
                />
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
      {inviting && (
        <InviteDialog
          onClose={() => setInviting(false)}
          onCreated={(user, invitation) => {
            setInviting(false);
            setShown({ email: user.email, invitation });
          }}
        />
      )}
      {shown !== undefined && <InvitationDialog {...shown} onClose={() => setShown(undefined)} />}
    </Card>
  );
}

interface UserRowProps {
  readonly user: User;
  readonly isAdmin: boolean;
  readonly onInvitation: (invitation: Invitation) => void;
}

function UserRow({ user, isAdmin, onInvitation }: UserRowProps) {
  const { actor } = useSession();
  const isMe = actor.id === user.id;
  const [tone, state] = STATES[user.status];
  const update = useCommand('PATCH /users/:id', {
    invalidates: ['GET /users'],
    done: ({ name }) => `${name} is saved.`,
  });
  const params = { id: user.id };
  return (
    <tr>
      <td>
        <span className={table.main}>
          {user.name}
          {isMe && ' (you)'}
        </span>
        <span className={table.sub}>{user.email}</span>
      </td>
      <td>
        {isAdmin && !isMe ? (
          <PickOne
            small
            label={`Role of ${user.name}`}
            options={ROLE_OPTIONS}
            value={user.role}
            onChange={(role) => update.mutate({ params, body: { role } })}
          />
        ) : (
          roleName(user.role)
        )}
      </td>
      <td className={table.hideSmall}>
        <Dot tone={tone}>{state}</Dot>
      </td>
      <td className={`${table.hideSmall} ${table.dim}`}>
        <Ago time={user.lastSignInAt} />
      </td>
      {isAdmin && (
        <td className={table.actions}>
          {!isMe && (
            <UserActions
              user={user}
              onDisable={(disabled) => update.mutate({ params, body: { disabled } })}
              onInvitation={onInvitation}
            />
          )}
        </td>
      )}
    </tr>
  );
}

interface UserActionsProps {
  readonly user: User;
  readonly onDisable: (disabled: boolean) => void;
  readonly onInvitation: (invitation: Invitation) => void;
}

function UserActions({ user, onDisable, onInvitation }: UserActionsProps) {
  const [asking, setAsking] = useState(false);
  const invite = useCommand('POST /users/:id/invitation');
  const remove = useCommand('DELETE /users/:id', { invalidates: ['GET /users'], done: `${user.name} is deleted.` });
  const params = { id: user.id };
  const isDisabled = user.status === 'disabled';
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${user.name}`}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => invite.mutate({ params }, { onSuccess: onInvitation })}>
          {user.status === 'invited' ? 'New invitation link' : 'Reset the password'}
        </MenuItem>
        <MenuItem onSelect={() => onDisable(!isDisabled)}>{isDisabled ? 'Enable' : 'Disable'}</MenuItem>
        <MenuSeparator />
        <MenuItem danger onSelect={() => setAsking(true)}>
          Delete
        </MenuItem>
      </Menu>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${user.name}?`}
        text="Their sessions and API tokens end. What they did stays in the audit log."
        verb="Delete user"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ params }, { onSuccess: () => setAsking(false) })}
      />
    </>
  );
}
