import type { DetectionSummary } from '@panther/platform/contract';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { cx } from '../../components/cx.ts';
import filters from '../../components/filters.module.css';
import { formatNumber, plural } from '../../components/format.ts';
import { Card, Page, Stat } from '../../components/page.tsx';
import { PickMany, PickOne } from '../../components/pick.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import { useUrlState } from '../../components/url-state.ts';
import { SectionNav } from '../detections/section-nav.tsx';
import { useAllDetections } from '../detections/use-all-detections.ts';
import styles from './coverage.module.css';
import {
  ATTACK_NOTICE,
  ATTACK_VERSION,
  type Coverage,
  countTechniques,
  coverageMatrix,
  mappingsOf,
  type TacticColumn,
  type TechniqueCell,
} from './matrix.ts';

const STATES: readonly { readonly id: Coverage; readonly label: string; readonly note: string }[] = [
  { id: 'active', label: 'Enabled', note: 'an enabled detection, events come in' },
  { id: 'silent', label: 'Enabled, no events', note: 'nothing of its log types in 7 days' },
  { id: 'disabled', label: 'Disabled only', note: 'there is a detection, switched off' },
  { id: 'none', label: 'No detection', note: 'nothing is mapped to it' },
];
const SHOWN = [
  { value: '', label: 'All techniques' },
  { value: 'mapped', label: 'With a detection' },
  { value: 'gaps', label: 'Without an enabled one' },
] as const;

export default function CoveragePage() {
  const detections = useAllDetections();
  return (
    <Page title="Coverage" lead={`What the detections look for, by the techniques of MITRE ATT&CK ${ATTACK_VERSION}.`}>
      <SectionNav />
      <Loaded query={detections} lines={14}>
        {(all) => <CoverageView detections={all} />}
      </Loaded>
      <p className={styles.notice}>{ATTACK_NOTICE}</p>
    </Page>
  );
}

function CoverageView({ detections }: { readonly detections: readonly DetectionSummary[] }) {
  const url = useUrlState();
  const logTypes = url.list('logType');
  const chosen = useMemo(
    () => detections.filter((item) => logTypes.length === 0 || logTypes.some((name) => item.logTypes.includes(name))),
    [detections, logTypes],
  );
  const columns = useMemo(() => coverageMatrix(chosen), [chosen]);
  const names = [...new Set(detections.flatMap((detection) => detection.logTypes))].toSorted();
  const shown = SHOWN.find(({ value }) => value === url.text('show'))?.value ?? '';
  return (
    <>
      <Figures columns={columns} detections={chosen} />
      <search className={filters.bar}>
        <PickMany
          label="Log type"
          options={names.map((value) => ({ value, label: value }))}
          value={logTypes}
          onChange={(logType) => url.set({ logType })}
        />
        <PickOne
          label="Techniques"
          prefix="Show:"
          options={SHOWN}
          value={shown}
          onChange={(show) => url.set({ show })}
        />
        <Key />
      </search>
      <Card flush>
        <Matrix columns={columns.map((column) => ({ ...column, techniques: column.techniques.filter(fits(shown)) }))} />
      </Card>
    </>
  );
}

function fits(shown: (typeof SHOWN)[number]['value']): (technique: TechniqueCell) => boolean {
  if (shown === 'mapped') return ({ coverage }) => coverage !== 'none';
  if (shown === 'gaps') return ({ enabled }) => enabled === 0;
  return () => true;
}

interface FiguresProps {
  readonly columns: readonly TacticColumn[];
  readonly detections: readonly DetectionSummary[];
}

function Figures({ columns, detections }: FiguresProps) {
  const counts = countTechniques(columns);
  const total = counts.active + counts.silent + counts.disabled + counts.none;
  const enabled = detections.filter((detection) => detection.enabled);
  const active = new Set(enabled.filter(({ last7Days }) => last7Days.events > 0).flatMap((item) => item.logTypes));
  const known = new Set(detections.flatMap((detection) => detection.logTypes));
  const raising = detections.filter(({ severity }) => severity !== null);
  const unmapped = raising.filter((detection) => mappingsOf(detection).length === 0).length;
  return (
    <Card>
      <div className={styles.figures}>
        <Stat
          label="Techniques watched"
          value={formatNumber(counts.active)}
          note={`of ${total}; ${Math.round((100 * counts.active) / total)} %`}
        />
        <Stat label="Enabled, but no events" value={formatNumber(counts.silent)} note="log sources are missing" />
        <Stat label="Only disabled detections" value={formatNumber(counts.disabled)} note="could be switched on" />
        <Stat
          label="Active log types"
          value={formatNumber(active.size)}
          note={`of ${known.size} with detections, 7 days`}
        />
        <Stat label="Not mapped" value={formatNumber(unmapped)} note={`of ${plural(raising.length, 'detection')}`} />
      </div>
    </Card>
  );
}

function Key() {
  return (
    <ul className={styles.key} aria-label="Key">
      {STATES.map(({ id, label, note }) => (
        <li key={id} title={note}>
          <span aria-hidden className={cx(styles.swatch, styles[id])} />
          {label}
        </li>
      ))}
    </ul>
  );
}

function Matrix({ columns }: { readonly columns: readonly TacticColumn[] }) {
  if (columns.every(({ techniques }) => techniques.length === 0))
    return <Empty title="No technique matches the filter" />;
  return (
    <div className={styles.matrix}>
      {columns.map((column) => (
        <section key={column.id} className={styles.tactic} aria-labelledby={`tactic-${column.id}`}>
          <header className={styles.tacticHead}>
            <h2 id={`tactic-${column.id}`}>{column.name}</h2>
            <span>
              {column.techniques.filter(({ enabled }) => enabled > 0).length} of {column.techniques.length}
            </span>
          </header>
          <ul>
            {column.techniques.map((technique) => (
              <li key={technique.id}>
                <Technique technique={technique} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Technique({ technique }: { readonly technique: TechniqueCell }) {
  const { id, name, coverage, enabled, disabled, subTechniques } = technique;
  const body = (
    <>
      <span className={styles.name}>{name}</span>
      <span className={styles.counts}>
        {id}
        {enabled > 0 && ` · ${enabled} enabled`}
        {disabled > 0 && ` · ${disabled} disabled`}
        {subTechniques.covered > 0 && ` · ${subTechniques.covered}/${subTechniques.total} sub`}
      </span>
    </>
  );
  const title = `${id} ${name}: ${STATES.find((state) => state.id === coverage)?.label ?? ''}`;
  if (coverage === 'none') {
    return (
      <div className={cx(styles.technique, styles.none)} title={title}>
        {body}
      </div>
    );
  }
  return (
    <Link to={`/detections?report=${id}`} className={cx(styles.technique, styles[coverage])} title={title}>
      {body}
    </Link>
  );
}
