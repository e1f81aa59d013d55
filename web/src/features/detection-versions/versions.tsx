import type { DetectionDetail, DetectionVersion } from '@panther/platform/contract';
import { useState } from 'react';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/dialog.tsx';
import { DiffView } from '../../components/diff-view.tsx';
import { Check } from '../../components/field.tsx';
import { formatTime } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { Changes } from './changes.tsx';
import styles from './versions.module.css';

/** The versions of a detection: who saved them and when, what differs between any two, the way back to one. */
export function Versions({ detection }: { readonly detection: DetectionDetail }) {
  const versions = useApi('GET /detections/:id/versions', { params: { id: detection.id } });
  return (
    <Loaded query={versions}>
      {({ items }) => (
        <>
          <VersionList detection={detection} versions={items} />
          <Changes id={detection.id} />
          {items.length > 1 ? (
            <Compare detection={detection} versions={items} />
          ) : (
            <Card title="Differences">
              <p className={styles.text}>There is one version. Once another one is saved, they can be compared here.</p>
            </Card>
          )}
        </>
      )}
    </Loaded>
  );
}

interface VersionsProps {
  readonly detection: DetectionDetail;
  readonly versions: readonly DetectionVersion[];
}

function VersionList({ detection, versions }: VersionsProps) {
  const canChange = useCan('analyst');
  const [wanted, setWanted] = useState<DetectionVersion>();
  const rollBack = useCommand('POST /detections/:id/roll-back', {
    invalidates: [
      'GET /detections',
      'GET /detections/:id',
      'GET /detections/:id/versions',
      'GET /detections/:id/source',
      'GET /detections/:id/changes',
      'GET /detections/:id/overrides',
    ],
    done: () => 'The earlier version is the current one.',
  });
  return (
    <Card title="Versions" aside={<OriginNote origin={detection.origin} />} flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Version</th>
            <th>Saved by</th>
            <th>When</th>
            {canChange && <HiddenHead />}
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.version}>
              <td>
                <code>{version.version.slice(0, 12)}</code> {version.isCurrent && <Badge tone="good">Current</Badge>}
              </td>
              <td>{version.createdByName}</td>
              <td className={table.dim}>
                <Ago time={version.createdAt} />
              </td>
              {canChange && (
                <td className={table.actions}>
                  {!version.isCurrent && (
                    <Button
                      small
                      aria-label={`Roll back to ${version.version.slice(0, 12)}`}
                      onClick={() => setWanted(version)}
                    >
                      Roll back
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <Confirm
        open={wanted !== undefined}
        onClose={() => setWanted(undefined)}
        title="Roll back?"
        text="The earlier version is run from now on. The newer ones stay in this list."
        verb="Roll back"
        busy={rollBack.isPending}
        onConfirm={() => {
          const ask = { params: { id: detection.id }, body: { version: wanted?.version ?? '' } };
          rollBack.mutate(ask, { onSettled: () => setWanted(undefined) });
        }}
      />
    </Card>
  );
}

function OriginNote({ origin }: { readonly origin: string }) {
  return <>{origin.startsWith('user:') ? 'Made or changed here: no pack updates it' : `From ${origin}`}</>;
}

function Compare({ detection, versions }: VersionsProps) {
  const [before, setBefore] = useState(versions.find(({ isCurrent }) => !isCurrent)?.version ?? '');
  const [after, setAfter] = useState(versions.find(({ isCurrent }) => isCurrent)?.version ?? '');
  const [split, setSplit] = useState(false);
  const options = versions.map(({ version, createdAt, createdByName, isCurrent }) => ({
    value: version,
    label: `${isCurrent ? 'current, ' : ''}${formatTime(createdAt)}, ${createdByName}`,
  }));
  return (
    <Card
      title="Differences"
      aside={<Check label="Side by side" checked={split} onChange={(event) => setSplit(event.currentTarget.checked)} />}
      flush
    >
      <div className={styles.picks}>
        <PickOne label="Before" prefix="From" options={options} value={before} onChange={setBefore} small />
        <PickOne label="After" prefix="to" options={options} value={after} onChange={setAfter} small />
      </div>
      <Diff id={detection.id} before={before} after={after} split={split} language={detection.language} />
    </Card>
  );
}

interface DiffProps {
  readonly id: string;
  readonly before: string;
  readonly after: string;
  readonly split: boolean;
  readonly language: DetectionDetail['language'];
}

const FOREVER = { staleTime: Number.POSITIVE_INFINITY };

function Diff({ id, before, after, split, language }: DiffProps) {
  const one = useApi('GET /detections/:id/versions/:version', { params: { id, version: before } }, FOREVER);
  const other = useApi('GET /detections/:id/versions/:version', { params: { id, version: after } }, FOREVER);
  const code = language === 'python' || language === 'typescript' ? language : 'yaml';
  return (
    <Loaded query={one}>
      {(from) => (
        <Loaded query={other}>
          {(to) => (
            <>
              {(from.body !== '' || to.body !== '') && (
                <section className={styles.file}>
                  <h3>Code</h3>
                  <DiffView before={from.body} after={to.body} language={code} label="Code" split={split} />
                </section>
              )}
              <section className={styles.file}>
                <h3>Specification</h3>
                <DiffView before={from.yaml} after={to.yaml} language="yaml" label="Specification" split={split} />
              </section>
            </>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}
