import type { PackDetail, PackItem, PackRevision } from '@panther/platform/contract';
import { RefreshCw, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Badge, Dot, SeverityBadge } from '../../components/badge.tsx';
import { Button, ButtonLink } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { Confirm } from '../../components/dialog.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { formatNumber, plural } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { typeName } from '../detections/detection-names.ts';
import { shortSource, sourceText } from './pack-names.ts';
import styles from './packs.module.css';
import { hasChanges, PlanView } from './plan-view.tsx';

const BACK = { to: '/detections/packs', label: 'Packs' };
const STALE = [
  'GET /packs',
  'GET /packs/:name',
  'GET /packs/:name/revisions',
  'GET /detections',
  'GET /detections/:id',
  'GET /overview',
] as const;

export default function PackPage() {
  const { name = '' } = useParams();
  const pack = useApi('GET /packs/:name', { params: { name } });
  if (pack.data !== undefined) return <PackView pack={pack.data} />;
  return (
    <Page title={name} back={BACK}>
      <Card>
        <Loaded query={pack}>{() => null}</Loaded>
      </Card>
    </Page>
  );
}

function PackView({ pack }: { readonly pack: PackDetail }) {
  const canChange = useCan('analyst') && !pack.isFixed;
  return (
    <Page
      title={pack.name}
      lead={`${plural(pack.detections, 'detection')}, revision ${pack.revision}, from ${shortSource(pack)}`}
      back={BACK}
      actions={canChange && <PackActions pack={pack} />}
    >
      <Card title="Detections" flush>
        {pack.items.length === 0 ? (
          <p className={styles.note}>None any more. Its history is below.</p>
        ) : (
          <Items items={pack.items} />
        )}
      </Card>
      <Revisions pack={pack} canChange={canChange} />
    </Page>
  );
}

function PackActions({ pack: { name, items } }: { readonly pack: PackDetail }) {
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = useCommand('DELETE /packs/:name', { invalidates: STALE, done: `${name} is uninstalled.` });
  return (
    <>
      <ButtonLink to={`/detections/packs/install?name=${encodeURIComponent(name)}`} icon={<RefreshCw aria-hidden />}>
        Update
      </ButtonLink>
      {items.length > 0 && (
        <Button icon={<Trash2 aria-hidden />} onClick={() => setAsking(true)}>
          Uninstall
        </Button>
      )}
      <Confirm
        open={isAsking}
        onClose={() => setAsking(false)}
        title={`Uninstall ${name}?`}
        text={`${plural(items.length, 'detection')} and the overrides of them are removed. What was edited here stays, and so does the history of the pack.`}
        verb="Uninstall"
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(
            { params: { name } },
            { onSuccess: () => void navigate('/detections/packs'), onSettled: () => setAsking(false) },
          )
        }
      />
    </>
  );
}

function Items({ items }: { readonly items: readonly PackItem[] }) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Detection</th>
          <th className={table.hideSmall}>Severity</th>
          <th>State</th>
          <th className={table.hideMedium}>Overridden here</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.id}>
            <td>
              <Link to={`/detections/${encodeURIComponent(item.id)}`} className={table.main}>
                {item.displayName}
              </Link>
              <span className={table.sub}>{typeName(item.type)}</span>
            </td>
            <td className={table.hideSmall}>
              {item.severity === null ? '–' : <SeverityBadge severity={item.severity} />}
            </td>
            <td>
              <Dot tone={item.enabled ? 'good' : 'info'}>{item.enabled ? 'Enabled' : 'Disabled'}</Dot>
              {item.isSwitched && <span className={table.sub}>other than in the pack</span>}
            </td>
            <td className={table.hideMedium}>
              {item.overridden.length === 0 ? '–' : item.overridden.map((field) => <Badge key={field}>{field}</Badge>)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Revisions({ pack, canChange }: { readonly pack: PackDetail; readonly canChange: boolean }) {
  const revisions = useApi('GET /packs/:name/revisions', { params: { name: pack.name } });
  const [wanted, setWanted] = useState<number>();
  return (
    <>
      <Card title="History" flush>
        <Loaded query={revisions}>
          {({ items }) => (
            <table className={table.table}>
              <thead>
                <tr>
                  <th>Revision</th>
                  <th>Changed</th>
                  <th className={table.hideSmall}>By</th>
                  {canChange && <HiddenHead />}
                </tr>
              </thead>
              <tbody>
                {items.map((revision) => (
                  <tr key={revision.revision}>
                    <td>{revision.revision}</td>
                    <td>
                      <WhatChanged revision={revision} />
                    </td>
                    <td className={cx(table.hideSmall, table.dim)}>
                      {revision.byName}
                      <span className={table.sub}>
                        <Ago time={revision.at} />
                      </span>
                    </td>
                    {canChange && (
                      <td className={table.actions}>
                        {revision.revision !== pack.revision && (
                          <Button
                            small
                            aria-label={`Go back to revision ${revision.revision}`}
                            onClick={() => setWanted(revision.revision)}
                          >
                            Go back
                          </Button>
                        )}
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Loaded>
      </Card>
      {wanted !== undefined && (
        <RollBack key={wanted} name={pack.name} revision={wanted} onClose={() => setWanted(undefined)} />
      )}
    </>
  );
}

const SHOWN = 5;

function WhatChanged({ revision: { added, changed, removed, note, source } }: { readonly revision: PackRevision }) {
  const signed = [
    ...added.map((id) => `+ ${id}`),
    ...changed.map((id) => `~ ${id}`),
    ...removed.map((id) => `- ${id}`),
  ];
  return (
    <>
      {note !== '' && <span className={table.main}>{note}</span>}
      <span className={table.sub} title={signed.join('\n')}>
        {signed.slice(0, SHOWN).join(', ')}
        {signed.length > SHOWN && ` and ${formatNumber(signed.length - SHOWN)} more`}
      </span>
      {source !== null && <span className={table.sub}>{sourceText(source)}</span>}
    </>
  );
}

/** What going back would change, then the going. */
function RollBack({ name, revision, onClose }: { name: string; revision: number; onClose: () => void }) {
  const preview = useCommand('POST /packs/:name/roll-back/preview', { announceFailure: false });
  const rollBack = useCommand('POST /packs/:name/roll-back', {
    invalidates: STALE,
    done: `${name} is as it was at revision ${revision}.`,
  });
  const plan = preview.data;
  const [note, setNote] = useState('');
  const look = preview.mutate;
  useEffect(() => look({ params: { name }, body: { revision } }), [look, name, revision]);
  return (
    <>
      <Loaded
        query={{
          ...preview,
          isPending: !preview.isError,
          refetch: () => look({ params: { name }, body: { revision } }),
        }}
      >
        {(found) => <PlanView plan={found} />}
      </Loaded>
      <Field label="Note" required={false} help="Why, for the history.">
        <TextInput value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      </Field>
      <div className={styles.foot}>
        <Button
          look="primary"
          busy={rollBack.isPending}
          disabled={plan === undefined || !hasChanges(plan)}
          onClick={() =>
            rollBack.mutate(
              { params: { name }, body: { revision, expectedRevision: plan?.revision ?? 0, note } },
              { onSuccess: onClose },
            )
          }
        >
          Go back to revision {revision}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </>
  );
}
