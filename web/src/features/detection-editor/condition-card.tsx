import type { DraftCheck } from '@panther/platform/contract';
import { Card } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import { languageName, whenItRuns } from '../detections/detection-names.ts';
import type { DraftLanguage } from './draft.ts';
import styles from './editor.module.css';

interface ConditionCardProps {
  readonly check: Parameters<typeof Loaded<DraftCheck>>[0]['query'];
  readonly language: DraftLanguage;
  /** `rule`, `scheduled_rule`, … */
  readonly type: string;
}

/** On which events the code will be run. */
export function ConditionCard({ check, language, type }: ConditionCardProps) {
  return (
    <Card title="When it runs">
      <Loaded query={check} lines={3}>
        {({ id, condition, logTypes }) => {
          const other = whenItRuns(type);
          if (other !== undefined) return <p className={styles.dim}>{other}</p>;
          if (id === null) return <p className={styles.dim}>It is known once the specification is valid.</p>;
          const types = logTypes.length === 0 ? 'any log type' : logTypes.join(', ');
          if (condition === null) {
            return (
              <p className={styles.dim}>
                On every event of {types}.{' '}
                {(language === 'python' || language === 'typescript') &&
                  'Begin rule with the comparison that most events fail, so that Panther can tell without running it.'}
              </p>
            );
          }
          return (
            <>
              <p className={styles.dim}>
                On events of {types} for which this holds, derived from the {languageName(language)} code:
              </p>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
              <pre className={styles.condition} tabIndex={0}>
                {condition}
              </pre>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
