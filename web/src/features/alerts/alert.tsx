import type { AlertDetail } from '@panther/platform/contract';
import { Link, useParams } from 'react-router';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan, useSession } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { type AlertStatus, SeverityBadge, sentence, Tag } from '../../components/badge.tsx';
import { formatNumber, formatTime } from '../../components/format.ts';
import { JsonView } from '../../components/json-view.tsx';
import { Markdown } from '../../components/markdown.tsx';
import { Card, Facts, Page } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Loaded } from '../../components/states.tsx';
import { ExceptAlert } from '../exceptions/except-alert.tsx';
import { AlertEvents } from './alert-events.tsx';
import styles from './alerts.module.css';
import { Comments } from './comments.tsx';
import { Deliveries } from './deliveries.tsx';
import { StatusMenu } from './status-menu.tsx';
import { Why } from './why.tsx';

const BACK = { to: '/alerts', label: 'Alerts' };

export default function AlertPage() {
  const { id = '' } = useParams();
  const alert = useApi('GET /alerts/:id', { params: { id } }, { refetchInterval: 10_000 });
  if (alert.data === undefined) {
    return (
      <Page title="Alert" back={BACK}>
        <Card>
          <Loaded query={alert}>{() => null}</Loaded>
        </Card>
      </Page>
    );
  }
  return <AlertView alert={alert.data} />;
}

function AlertView({ alert }: { readonly alert: AlertDetail }) {
  return (
    <Page
      title={alert.title}
      back={BACK}
      lead={
        <>
          {alert.type === 'RULE_ERROR' ? 'Error in rule ' : 'Matched by '}
          <Link to={`/detections/${encodeURIComponent(alert.ruleId)}`}>{alert.ruleName}</Link>,{' '}
          <Ago time={alert.createdAt} />
        </>
      }
      heading={
        <span className={styles.heading}>
          <SeverityBadge severity={alert.severity} />
          {alert.title}
        </span>
      }
      actions={<AlertActions alert={alert} />}
    >
      <div className={styles.layout}>
        <div className={styles.column}>
          <Explanation alert={alert} />
          <AlertEvents alertId={alert.id} total={alert.eventCount} />
        </div>
        <div className={styles.column}>
          <Details alert={alert} />
          <Deliveries alert={alert} />
          <Comments alert={alert} />
        </div>
      </div>
    </Page>
  );
}

function AlertActions({ alert }: { readonly alert: AlertDetail }) {
  const canChange = useCan('analyst');
  const { actor } = useSession();
  const users = useApi('GET /users', {}, { staleTime: 60_000, enabled: canChange });
  const update = useCommand('PATCH /alerts/:id', {
    invalidates: ['GET /alerts', 'GET /alerts/:id', 'GET /overview'],
    done: ({ status, assignee }, { body }) =>
      body.status !== undefined
        ? `Status set to ${sentence(status).toLowerCase()}.`
        : `Assigned to ${assignee?.name ?? 'nobody'}.`,
  });
  const params = { id: alert.id };
  const setStatus = (status: AlertStatus) => update.mutate({ params, body: { status } });
  const people = (users.data?.items ?? []).filter(({ status }) => status === 'active');
  const options = [
    { value: '', label: 'Nobody' },
    ...people.map(({ id, name }) => ({ value: id, label: id === actor.id ? `${name} (me)` : name })),
  ];
  if (alert.assignee !== null && !people.some(({ id }) => id === alert.assignee?.id)) {
    options.push({ value: alert.assignee.id, label: alert.assignee.name });
  }
  return (
    <>
      {canChange ? (
        <PickOne
          label="Assigned to"
          prefix="Assigned to"
          options={options}
          value={alert.assignee?.id ?? ''}
          onChange={(assignee) => update.mutate({ params, body: { assignee: assignee === '' ? null : assignee } })}
        />
      ) : (
        <span>Assigned to {alert.assignee?.name ?? 'nobody'}</span>
      )}
      {alert.type === 'RULE' && <ExceptAlert alertId={alert.id} detectionId={alert.ruleId} />}
      <StatusMenu boxed status={alert.status} onChange={setStatus} busy={update.isPending} />
    </>
  );
}

function Explanation({ alert }: { readonly alert: AlertDetail }) {
  const hasContext = Object.keys(alert.context).length > 0;
  return (
    <>
      <Card title="Why this alert">
        <Why alert={alert} />
      </Card>
      {hasContext && (
        <Card title="Context">
          <JsonView value={alert.context} depth={2} />
        </Card>
      )}
      {alert.runbook !== '' && (
        <Card title="Runbook">
          <Markdown text={alert.runbook} />
        </Card>
      )}
    </>
  );
}

function Details({ alert }: { readonly alert: AlertDetail }) {
  return (
    <Card title="Details">
      <Facts
        items={[
          ['Events', formatNumber(alert.eventCount)],
          ['First event', formatTime(alert.firstEventAt)],
          ['Last event', formatTime(alert.lastEventAt)],
          ['Created', formatTime(alert.createdAt)],
          ['Type', sentence(alert.type)],
          [
            'Log types',
            <span key="log-types" className={styles.tags}>
              {alert.logTypes.map((logType) => (
                <Tag key={logType}>{logType}</Tag>
              ))}
            </span>,
          ],
          ...(alert.tags.length > 0 ? [['Tags', <Tags key="tags" tags={alert.tags} />] as const] : []),
          ...(alert.reference !== ''
            ? [['Reference', <Markdown key="reference" text={asLink(alert.reference)} />] as const]
            : []),
          ...(alert.statusAt !== null
            ? [
                [
                  'Status set',
                  <span key="status">
                    {alert.statusBy?.name ?? 'Panther'}, <Ago time={alert.statusAt} />
                  </span>,
                ] as const,
              ]
            : []),
          ['Alert id', <code key="id">{alert.id}</code>],
        ]}
      />
    </Card>
  );
}

function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <Tag key={tag}>{tag}</Tag>
      ))}
    </span>
  );
}

function asLink(reference: string): string {
  return /^https?:\/\/\S+$/.test(reference) ? `<${reference}>` : reference;
}
