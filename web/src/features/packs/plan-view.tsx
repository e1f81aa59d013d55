import type { PackChange, PackPlan, PackProblem } from '@panther/platform/contract';
import { useState } from 'react';
import { Link } from 'react-router';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { DiffView } from '../../components/diff-view.tsx';
import { formatNumber, plural } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import styles from './packs.module.css';

/** What installing content would change, what it leaves as it is here, and what is wrong with the content. */
export function PlanView({ plan }: { readonly plan: PackPlan }) {
  return (
    <>
      {plan.problems.length > 0 && <Problems problems={plan.problems} />}
      <Card title="What would change" aside={summaryOf(plan)} flush>
        {plan.changes.length === 0 ? (
          <p className={styles.note}>Nothing: the pack is as it is here.</p>
        ) : (
          <Changes changes={plan.changes} />
        )}
      </Card>
      {(plan.overridden.length > 0 || plan.switched.length > 0) && <Kept plan={plan} />}
    </>
  );
}

export function hasChanges({ changes }: PackPlan): boolean {
  return changes.some(({ action }) => action !== 'keep');
}

export function errorsOf({ problems }: PackPlan): readonly PackProblem[] {
  return problems.filter(({ severity }) => severity === 'error');
}

function summaryOf({ changes, unchanged }: PackPlan): string {
  const count = (wanted: PackChange['action']) =>
    formatNumber(changes.filter(({ action }) => action === wanted).length);
  return `${count('add')} added, ${count('change')} changed, ${count('remove')} removed, ${formatNumber(unchanged)} unchanged`;
}

function Problems({ problems }: { readonly problems: readonly PackProblem[] }) {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return (
    <Card title={errors > 0 ? plural(errors, 'error') : plural(problems.length, 'warning')}>
      <ul className={styles.problems}>
        {problems.map(({ severity, file, line, field, message }) => (
          <li key={`${file}:${line}:${field}:${message}`}>
            <Badge tone={severity === 'error' ? 'bad' : 'warn'}>{severity}</Badge>{' '}
            <code>
              {file}:{line}
            </code>{' '}
            {field === '' ? message : `${field}: ${message}`}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const ACTIONS = {
  add: { label: 'Added', tone: 'good' },
  change: { label: 'Changed', tone: 'warn' },
  remove: { label: 'Removed', tone: 'bad' },
  keep: { label: 'Left as it is', tone: 'info' },
} as const;

function Changes({ changes }: { readonly changes: readonly PackChange[] }) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Detection</th>
          <th>Change</th>
          <th className={table.hideSmall}>What differs</th>
          <HiddenHead>Difference</HiddenHead>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <ChangeRows key={change.id} change={change} />
        ))}
      </tbody>
    </table>
  );
}

function ChangeRows({ change }: { readonly change: PackChange }) {
  const [isOpen, setOpen] = useState(false);
  const { id, type, action, fields, conflicts, owner, before, after } = change;
  const { label, tone } = ACTIONS[action];
  return (
    <>
      <tr>
        <td>
          <span className={table.main}>{id}</span>
          <span className={table.sub}>{type}</span>
        </td>
        <td>
          <Badge tone={tone}>{label}</Badge>
          {owner !== null && <span className={table.sub}>{whose(owner)}</span>}
        </td>
        <td className={table.hideSmall}>
          {fields.join(', ')}
          {conflicts.map(({ field, here, pack }) => (
            <span key={field} className={styles.conflict}>
              {field} stays {shown(here)}; the pack has {shown(pack)}
            </span>
          ))}
        </td>
        <td className={table.actions}>
          {(before !== null || after !== null) && (
            <Button
              small
              aria-expanded={isOpen}
              aria-label={`${isOpen ? 'Hide' : 'Show'} ${id}`}
              onClick={() => setOpen(!isOpen)}
            >
              {isOpen ? 'Hide' : 'Show'}
            </Button>
          )}
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={4} className={styles.diff}>
            <Difference change={change} />
          </td>
        </tr>
      )}
    </>
  );
}

function Difference({ change: { id, before, after } }: { readonly change: PackChange }) {
  const code = /^Filename: .*\.ts\W*$/m.test((after ?? before)?.yaml ?? '') ? 'typescript' : 'python';
  const [bodyBefore, bodyAfter] = [before?.body ?? '', after?.body ?? ''];
  return (
    <>
      {bodyBefore !== bodyAfter && (
        <DiffView before={bodyBefore} after={bodyAfter} language={code} label={`Code of ${id}`} />
      )}
      <DiffView
        before={before?.yaml ?? ''}
        after={after?.yaml ?? ''}
        language="yaml"
        label={`Specification of ${id}`}
      />
    </>
  );
}

function whose(owner: string): string {
  return owner.startsWith('user:') ? 'It was edited here.' : `It belongs to ${owner}.`;
}

function shown(value: unknown): string {
  return value === null ? 'left out' : JSON.stringify(value);
}

function Kept({ plan: { overridden, switched } }: { readonly plan: PackPlan }) {
  return (
    <Card title="What stays other here than in the pack">
      <ul className={styles.problems}>
        {overridden.map(({ id, fields }) => (
          <li key={id}>
            <Link to={`/detections/${encodeURIComponent(id)}?tab=overrides`}>{id}</Link>: {fields.join(', ')} overridden
          </li>
        ))}
        {switched.map((id) => (
          <li key={id}>
            <Link to={`/detections/${encodeURIComponent(id)}`}>{id}</Link>: switched on or off here
          </li>
        ))}
      </ul>
    </Card>
  );
}
