import type { DetectionChange } from '@panther/platform/contract';
import { useApi } from '../../api/hooks.ts';
import { Ago } from '../../components/ago.tsx';
import { cx } from '../../components/cx.ts';
import { Card } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import styles from './versions.module.css';

/** Who changed what about a detection, when and why: also what makes no version, such as switching it. */
export function Changes({ id }: { readonly id: string }) {
  const changes = useApi('GET /detections/:id/changes', { params: { id } });
  return (
    <Card title="Changes" flush>
      <Loaded query={changes}>
        {({ items }) =>
          items.length === 0 ? (
            <p className={cx(styles.text, styles.none)}>No changes since they are recorded.</p>
          ) : (
            <table className={table.table}>
              <thead>
                <tr>
                  <th>Change</th>
                  <th className={table.hideSmall}>Why</th>
                  <th>By</th>
                  <th>When</th>
                </tr>
              </thead>
              <tbody>
                {items.map((change) => (
                  <tr key={`${change.at}${change.action}${change.toVersion}`}>
                    <td>
                      {NAMES[change.action]}
                      <span className={table.sub}>{change.fields.join(', ')}</span>
                    </td>
                    <td className={table.hideSmall}>{change.note || '–'}</td>
                    <td>
                      {change.byName}
                      {change.pack !== null && <span className={table.sub}>{change.pack}</span>}
                    </td>
                    <td className={cx(table.dim, table.nowrap)}>
                      <Ago time={change.at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Card>
  );
}

const NAMES: Readonly<Record<DetectionChange['action'], string>> = {
  added: 'Installed',
  changed: 'Updated',
  removed: 'Removed',
  saved: 'Saved',
  'rolled-back': 'Rolled back',
  enabled: 'Enabled',
  disabled: 'Disabled',
  overridden: 'Overrides changed',
};
