import type { System } from '@panther/platform/contract';
import { useApi } from '../../api/hooks.ts';
import { Ago } from '../../components/ago.tsx';
import { Dot } from '../../components/badge.tsx';
import { formatBytes, formatDuration, formatNumber } from '../../components/format.ts';
import { humanName } from '../../components/names.ts';
import { Card, Page, Stat } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import styles from './health.module.css';
import { Metrics } from './metrics.tsx';
import { Queues } from './queues.tsx';

const REFRESH_MS = 5_000;

export default function HealthPage() {
  const system = useApi('GET /system', {}, { refetchInterval: REFRESH_MS });
  return (
    <Page title="Health" lead={system.data === undefined ? undefined : `Panther ${system.data.version}`}>
      <Loaded query={system} lines={10}>
        {(data) => (
          <>
            <Vitals system={data} />
            <div className={styles.two}>
              <Components system={data} />
              <Storage system={data} />
            </div>
            <Queues queues={data.queues} />
          </>
        )}
      </Loaded>
      <Metrics />
    </Page>
  );
}

function Vitals({ system }: { readonly system: System }) {
  const failing = system.components.filter(({ status }) => status === 'failed' || status === 'degraded').length;
  const dead = system.queues.reduce((sum, queue) => sum + queue.deadLetters, 0);
  return (
    <Card>
      <div className={styles.vitals}>
        <Stat
          label="State"
          value={failing === 0 ? 'All good' : `${failing} failing`}
          note={dead > 0 ? `${formatNumber(dead)} dead letters` : 'no dead letters'}
        />
        <Stat label="Up for" value={formatDuration(system.uptimeMs)} note={<Started system={system} />} />
        <Stat label="Memory" value={formatBytes(system.memoryBytes)} />
        <Stat label="Free disk" value={system.freeBytes === null ? 'unknown' : formatBytes(system.freeBytes)} />
      </div>
    </Card>
  );
}

function Started({ system }: { readonly system: System }) {
  return (
    <>
      started <Ago time={system.startedAt} />
    </>
  );
}

const STATES = {
  ok: ['good', 'Works'],
  degraded: ['warn', 'Degraded'],
  failed: ['bad', 'Failed'],
  stopped: ['info', 'Stopped'],
} as const;

function Components({ system }: { readonly system: System }) {
  return (
    <Card title="Components" flush>
      <table className={table.table}>
        <tbody>
          {system.components.map((component) => {
            const [tone, text] = STATES[component.status];
            return (
              <tr key={component.name}>
                <td className={styles.name}>{humanName(component.name)}</td>
                <td>
                  <Dot tone={tone}>{text}</Dot>
                </td>
                <td className={table.dim}>{component.message}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function Storage({ system }: { readonly system: System }) {
  return (
    <Card title="Storage" flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>What</th>
            <th className={table.number}>Size</th>
            <th className={table.number}>Objects</th>
          </tr>
        </thead>
        <tbody>
          {system.storage.map((item) => (
            <tr key={item.name}>
              <td>{/^[a-z]+$/.test(item.name) ? humanName(item.name) : item.name}</td>
              <td className={table.number}>{formatBytes(item.bytes)}</td>
              <td className={table.number}>{item.objects === null ? '–' : formatNumber(item.objects)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
