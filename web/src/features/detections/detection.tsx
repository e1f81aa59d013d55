import type { DetectionDetail } from '@panther/platform/contract';
import { Pencil } from 'lucide-react';
import { Link, useParams } from 'react-router';
import { useApi } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { SeverityBadge, Tag } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button.tsx';
import { CodeView } from '../../components/code-view.tsx';
import { formatDuration, formatTime, plural } from '../../components/format.ts';
import { Markdown } from '../../components/markdown.tsx';
import { Card, Facts, Page } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useUrlState } from '../../components/url-state.ts';
import { Versions } from '../detection-versions/versions.tsx';
import { Exceptions } from '../exceptions/exceptions.tsx';
import { Overrides } from '../overrides/overrides.tsx';
import { ReplayPanel } from '../replay/replay-panel.tsx';
import { RunHistory } from '../schedules/run-history.tsx';
import { DetectionActivity } from './detection-activity.tsx';
import { languageName, typeName, whenItRuns } from './detection-names.ts';
import { DetectionTests } from './detection-tests.tsx';
import styles from './detections.module.css';
import { EnableSwitch } from './enable-switch.tsx';
import { FaultNotice } from './fault-notice.tsx';
import { QueryCard } from './query-card.tsx';

const BACK = { to: '/detections', label: 'Detections' };
const TABS = [
  'code',
  'query',
  'specification',
  'tests',
  'runs',
  'activity',
  'replay',
  'exceptions',
  'overrides',
  'versions',
] as const;
const REPLAYABLE = ['rule', 'scheduled_rule', 'correlation_rule'];
const SCHEDULED = ['scheduled_query', 'correlation_rule'];
const MINUTE_MS = 60_000;

export default function DetectionPage() {
  const { id = '' } = useParams();
  const detection = useApi('GET /detections/:id', { params: { id } });
  if (detection.data === undefined) {
    return (
      <Page title="Detection" back={BACK}>
        <Card>
          <Loaded query={detection}>{() => null}</Loaded>
        </Card>
      </Page>
    );
  }
  return <DetectionView detection={detection.data} />;
}

function DetectionView({ detection }: { readonly detection: DetectionDetail }) {
  const url = useUrlState();
  const canEdit = useCan('analyst');
  const hasCode = detection.body !== '';
  const tab = url.list('tab', TABS)[0] ?? (hasCode ? 'code' : detection.query === null ? 'specification' : 'query');
  return (
    <Page
      title={detection.displayName || detection.id}
      heading={
        <span className={styles.heading}>
          {detection.severity !== null && <SeverityBadge severity={detection.severity} />}
          {detection.displayName || detection.id}
        </span>
      }
      lead={`${typeName(detection.type)} in ${languageName(detection.language)}`}
      back={BACK}
      actions={
        <>
          <EnableSwitch detection={detection} named />
          {canEdit && (
            <ButtonLink to={`/detections/${encodeURIComponent(detection.id)}/edit`} icon={<Pencil aria-hidden />}>
              Edit
            </ButtonLink>
          )}
        </>
      }
    >
      <FaultNotice detection={detection} />
      <div className={styles.layout}>
        <Tabs
          label="About the detection"
          value={tab}
          onChange={(next) => url.set({ tab: next })}
          tabs={[
            ...(hasCode ? [{ id: 'code' as const, label: 'Code', content: <CodeCard detection={detection} /> }] : []),
            ...(detection.query === null
              ? []
              : [
                  {
                    id: 'query' as const,
                    label: 'Query',
                    content: <QueryCard spec={detection.spec} query={detection.query} />,
                  },
                ]),
            {
              id: 'specification',
              label: 'Specification',
              content: (
                <Card flush>
                  <CodeView code={JSON.stringify(detection.spec, null, 2)} language="json" label="Specification" />
                </Card>
              ),
            },
            {
              id: 'tests',
              label: `Tests (${detection.tests.length})`,
              content: <DetectionTests detection={detection} />,
            },
            ...(SCHEDULED.includes(detection.type)
              ? [{ id: 'runs' as const, label: 'Runs', content: <RunHistory id={detection.id} /> }]
              : []),
            { id: 'activity', label: 'Activity', content: <DetectionActivity detection={detection} /> },
            ...(REPLAYABLE.includes(detection.type)
              ? [
                  {
                    id: 'replay' as const,
                    label: 'Replay',
                    content: (
                      <ReplayPanel
                        detectionId={detection.id}
                        type={detection.type}
                        after={!detection.enabled && <EnableSwitch detection={detection} named />}
                      />
                    ),
                  },
                ]
              : []),
            ...(detection.severity === null
              ? []
              : [{ id: 'exceptions' as const, label: 'Exceptions', content: <Exceptions detection={detection} /> }]),
            ...(detection.severity === null || detection.origin.startsWith('user:')
              ? []
              : [
                  {
                    id: 'overrides' as const,
                    label:
                      detection.overridden.length === 0 ? 'Overrides' : `Overrides (${detection.overridden.length})`,
                    content: <Overrides detection={detection} />,
                  },
                ]),
            { id: 'versions', label: 'Versions', content: <Versions detection={detection} /> },
          ]}
        />
        <Aside detection={detection} />
      </div>
    </Page>
  );
}

function CodeCard({ detection }: { readonly detection: DetectionDetail }) {
  const language = detection.language === 'python' || detection.language === 'typescript' ? detection.language : 'yaml';
  return (
    <Card flush>
      <CodeView code={detection.body} language={language} label="Code of the detection" />
    </Card>
  );
}

function Aside({ detection }: { readonly detection: DetectionDetail }) {
  return (
    <div className={styles.column}>
      {detection.description !== '' && (
        <Card title="Description">
          <Markdown text={detection.description} />
        </Card>
      )}
      <Card title="When it runs">
        <Condition detection={detection} />
      </Card>
      <Card title="Details">
        <Facts items={factsOf(detection)} />
      </Card>
      {detection.runbook !== '' && (
        <Card title="Runbook">
          <Markdown text={detection.runbook} />
        </Card>
      )}
    </div>
  );
}

function Condition({ detection }: { readonly detection: DetectionDetail }) {
  const other = whenItRuns(detection.type);
  if (other !== undefined) return <p className={styles.text}>{other}</p>;
  const types = detection.logTypes.length === 0 ? 'any log type' : detection.logTypes.join(', ');
  if (detection.condition === null) return <p className={styles.text}>On every event of {types}.</p>;
  return (
    <>
      <p className={styles.text}>On events of {types} for which this holds, derived from its code:</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <pre className={styles.condition} tabIndex={0}>
        {detection.condition}
      </pre>
    </>
  );
}

function factsOf(detection: DetectionDetail) {
  const reports = Object.entries(detection.reports).flatMap(([framework, ids]) =>
    ids.map((id) => `${framework}: ${id}`),
  );
  return [
    ['Id', <code key="id">{detection.id}</code>],
    ['Log types', <TagList key="log-types" names={detection.logTypes} filter="logType" />],
    ['Tags', <TagList key="tags" names={detection.tags} filter="tag" />],
    ['Reports', <TagList key="reports" names={reports} />],
    ['Groups matches for', formatDuration(detection.dedupPeriodMinutes * MINUTE_MS)],
    ['Alerts from', plural(detection.threshold, 'event')],
    ['Raises alerts', detection.createAlert ? 'yes' : 'no, matches are only stored'],
    ...(detection.reference === ''
      ? []
      : [['Reference', <Markdown key="reference" text={linked(detection.reference)} />] as const]),
    ['Origin', <code key="origin">{detection.origin}</code>],
    ['Version', <code key="version">{detection.version.slice(0, 12)}</code>],
    ['Changed', formatTime(detection.updatedAt)],
  ] as const;
}

interface TagListProps {
  readonly names: readonly string[];
  /** The filter of the list that a name leads to. */
  readonly filter?: 'tag' | 'logType';
}

function TagList({ names, filter }: TagListProps) {
  if (names.length === 0) return '–';
  return (
    <span className={styles.tags}>
      {names.map((name) => (
        <Tag key={name} title={name}>
          {filter === undefined ? name : <Link to={`/detections?${filter}=${encodeURIComponent(name)}`}>{name}</Link>}
        </Tag>
      ))}
    </span>
  );
}

function linked(reference: string): string {
  return /^https?:\/\/\S+$/.test(reference) ? `<${reference}>` : reference;
}
