import type { ApiToken, Role } from '@panther/platform/contract';
import { KeyRound, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useSession } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Dot } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { CopyBox } from '../../components/copy.tsx';
import { Confirm, Dialog, DialogActions } from '../../components/dialog.tsx';
import { Field, Fields, TextInput } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { ROLE_HELP, ROLE_OPTIONS, roleName } from './roles.ts';
import styles from './settings.module.css';

export function Tokens() {
  const tokens = useApi('GET /tokens', {});
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken>();
  const revoke = useCommand('DELETE /tokens/:id', { invalidates: ['GET /tokens'], done: 'The token is revoked.' });
  return (
    <Card
      title="API tokens"
      aside={
        <Button small look="primary" icon={<Plus aria-hidden />} onClick={() => setCreating(true)}>
          Create a token
        </Button>
      }
      flush
    >
      <Loaded query={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No API tokens" icon={<KeyRound aria-hidden />}>
              A token lets a program use the API: in the header <code>Authorization: Bearer …</code>.
            </Empty>
          ) : (
            <TokenTable tokens={items} onRevoke={setRevoking} />
          )
        }
      </Loaded>
      {creating && <CreateToken onClose={() => setCreating(false)} />}
      <Confirm
        open={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title={`Revoke ${revoking?.name ?? ''}?`}
        text="Programs that use it are refused from now on."
        verb="Revoke token"
        busy={revoke.isPending}
        onConfirm={() =>
          revoking !== undefined &&
          revoke.mutate({ params: { id: revoking.id } }, { onSuccess: () => setRevoking(undefined) })
        }
      />
    </Card>
  );
}

interface TokenTableProps {
  readonly tokens: readonly ApiToken[];
  readonly onRevoke: (token: ApiToken) => void;
}

function TokenTable({ tokens, onRevoke }: TokenTableProps) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Name</th>
          <th>Role</th>
          <th>State</th>
          <th className={table.hideSmall}>Created</th>
          <th className={table.hideSmall}>Last used</th>
          <HiddenHead />
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <td>
              <span className={table.main}>{token.name}</span>
            </td>
            <td>{roleName(token.role)}</td>
            <td>
              <TokenState token={token} />
            </td>
            <td className={`${table.hideSmall} ${table.dim}`}>
              <Ago time={token.createdAt} />
            </td>
            <td className={`${table.hideSmall} ${table.dim}`}>
              <Ago time={token.lastUsedAt} />
            </td>
            <td className={table.actions}>
              {token.revokedAt === null && (
                <Button small look="danger" onClick={() => onRevoke(token)} aria-label={`Revoke ${token.name}`}>
                  Revoke
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TokenState({ token }: { readonly token: ApiToken }) {
  if (token.revokedAt !== null) return <Dot tone="info">Revoked</Dot>;
  if (token.expiresAt === null) return <Dot tone="good">Active</Dot>;
  if (Date.parse(token.expiresAt) < Date.now()) return <Dot tone="info">Expired</Dot>;
  return (
    <Dot tone="good">
      Ends <Ago time={token.expiresAt} />
    </Dot>
  );
}

const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: '', label: 'Does not expire' },
];

function CreateToken({ onClose }: { readonly onClose: () => void }) {
  const { actor } = useSession();
  const [draft, setDraft] = useState({ name: '', role: 'read-only' as Role, days: '90' });
  const create = useCommand('POST /tokens', { invalidates: ['GET /tokens'] });
  const ownRank = ROLE_OPTIONS.findIndex(({ value }) => value === actor.role);

  function submit(event: FormEvent) {
    event.preventDefault();
    const { name, role, days } = draft;
    create.mutate({ body: { name: name.trim(), role, ...(days === '' ? {} : { expiresInDays: Number(days) }) } });
  }

  if (create.data !== undefined) {
    return (
      <Dialog open onClose={onClose} title={`The token ${create.data.token.name}`}>
        <div className={styles.once}>
          <p className={styles.warning}>Copy it now: it is not shown again.</p>
          <CopyBox text={create.data.secret} label="API token" />
        </div>
        <DialogActions>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  return (
    <Dialog open onClose={onClose} title="Create an API token">
      <form onSubmit={submit}>
        <Fields>
          <Field label="Name" help="What uses it, so that you know later whether it is still needed.">
            <TextInput
              required
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.target.value })}
            />
          </Field>
          <Field label="Role" help={ROLE_HELP}>
            <PickOne
              label="Role"
              options={ROLE_OPTIONS.slice(0, ownRank + 1)}
              value={draft.role}
              onChange={(role) => setDraft({ ...draft, role })}
            />
          </Field>
          <Field label="Expires after">
            <PickOne
              label="Expires after"
              options={LIFETIMES}
              value={draft.days}
              onChange={(days) => setDraft({ ...draft, days })}
            />
          </Field>
        </Fields>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            Create
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
