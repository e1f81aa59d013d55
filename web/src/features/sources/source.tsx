import type { Source, UnitType } from '@panther/platform/contract';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import type { ApiFailure } from '../../api/client.ts';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Tag } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/dialog.tsx';
import { Switch } from '../../components/field.tsx';
import { formatBytes, formatNumber, formatTime } from '../../components/format.ts';
import { Card, Facts, Page, Stat } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useUrlState } from '../../components/url-state.ts';
import { HowToSend } from './how-to-send.tsx';
import { KeptRecords } from './kept-records.tsx';
import { SourceForm } from './source-form.tsx';
import { SourceHealth } from './source-health.tsx';
import styles from './sources.module.css';

const BACK = { to: '/sources', label: 'Sources' };
const TABS = ['quarantined', 'rejected', 'send', 'configuration'] as const;
type TabId = (typeof TABS)[number];

export default function SourcePage() {
  const { id = '' } = useParams();
  const source = useApi('GET /sources/:id', { params: { id } }, { refetchInterval: 5_000 });
  if (source.data === undefined) {
    return (
      <Page title="Source" back={BACK}>
        <Card>
          <Loaded query={source}>{() => null}</Loaded>
        </Card>
      </Page>
    );
  }
  return <SourceView source={source.data} />;
}

function SourceView({ source }: { readonly source: Source }) {
  const canChange = useCan('admin');
  const url = useUrlState();
  const types = useApi('GET /source-types', {}, { staleTime: Number.POSITIVE_INFINITY });
  const type = types.data?.items.find(({ id }) => id === source.type);
  const tab = url.list<TabId>('tab', TABS)[0] ?? (source.counts.received === 0 ? 'send' : 'quarantined');
  const { counts } = source;
  return (
    <Page
      title={source.name}
      lead={type?.title ?? source.type}
      back={BACK}
      actions={canChange && <SourceActions source={source} />}
    >
      {source.health.status === 'unhealthy' && source.enabled && (
        <p role="alert" className={styles.bad}>
          {source.health.message}
        </p>
      )}
      <div className={styles.layout}>
        <Tabs
          label="About the source"
          value={tab}
          onChange={(next) => url.set({ tab: next })}
          tabs={[
            {
              id: 'quarantined',
              label: `Quarantined (${formatNumber(counts.quarantined)})`,
              content: <KeptRecords source={source} kind="quarantined" />,
            },
            {
              id: 'rejected',
              label: `Rejected (${formatNumber(counts.rejected)})`,
              content: <KeptRecords source={source} kind="rejected" />,
            },
            {
              id: 'send',
              label: 'Send logs',
              content: (
                <Card>
                  <HowToSend source={source} />
                </Card>
              ),
            },
            ...(canChange && type !== undefined
              ? [
                  {
                    id: 'configuration' as const,
                    label: 'Configuration',
                    content: <EditSource key={source.updatedAt} source={source} type={type} />,
                  },
                ]
              : []),
          ]}
        />
        <div className={styles.column}>
          <CountsCard source={source} />
          <Card title="Details">
            <Facts
              items={[
                ['Health', <SourceHealth key="health" source={source} />],
                ['Last event', <Ago key="last" time={source.lastEventAt} none="no data yet" />],
                ['Log types', <LogTypes key="types" names={source.logTypes} />],
                ['Added', formatTime(source.createdAt)],
                ['Source id', <code key="id">{source.id}</code>],
              ]}
            />
          </Card>
        </div>
      </div>
    </Page>
  );
}

function LogTypes({ names }: { readonly names: readonly string[] }) {
  return (
    <span className={styles.tags}>
      {names.map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
    </span>
  );
}

function CountsCard({ source: { counts } }: { readonly source: Source }) {
  return (
    <Card title="Records" aside={counts.balanced ? 'In balance' : 'Settling'}>
      <div className={styles.counts}>
        <Stat label="Received" value={formatNumber(counts.received)} note={formatBytes(counts.bytes)} />
        <Stat label="Stored" value={formatNumber(counts.stored)} note={`${formatNumber(counts.events)} events`} />
        <Stat label="Quarantined" value={formatNumber(counts.quarantined)} />
        <Stat label="Rejected" value={formatNumber(counts.rejected)} />
      </div>
    </Card>
  );
}

function SourceActions({ source }: { readonly source: Source }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const update = useCommand('PATCH /sources/:id', {
    invalidates: ['GET /sources', 'GET /sources/:id'],
    done: ({ name, enabled }) => `${name} is ${enabled ? 'enabled' : 'disabled'}.`,
  });
  const remove = useCommand('DELETE /sources/:id', {
    invalidates: ['GET /sources', 'GET /overview'],
    done: `${source.name} is deleted.`,
  });
  const params = { id: source.id };
  return (
    <>
      <Switch
        label="Enabled"
        checked={source.enabled}
        disabled={update.isPending}
        onChange={(enabled) => update.mutate({ params, body: { enabled } })}
      />
      <Button look="danger" icon={<Trash2 aria-hidden />} onClick={() => setAsking(true)}>
        Delete
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${source.name}?`}
        text="No more logs are taken from it. Its events stay in the lake."
        verb="Delete source"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ params }, { onSuccess: () => navigate('/sources') })}
      />
    </>
  );
}

function EditSource({ source, type }: { readonly source: Source; readonly type: UnitType }) {
  const update = useCommand('PATCH /sources/:id', {
    invalidates: ['GET /sources', 'GET /sources/:id'],
    done: 'The source is saved.',
    announceFailure: false,
  });
  return (
    <Card>
      <SourceForm
        type={type}
        initial={source}
        secretsSet={source.secretsSet}
        verb="Save"
        busy={update.isPending}
        failure={update.error as ApiFailure | null}
        onSubmit={({ name, logTypes, config }) =>
          update.mutate({ params: { id: source.id }, body: { name, logTypes: [...logTypes], config: { ...config } } })
        }
        cancel={null}
      />
    </Card>
  );
}
