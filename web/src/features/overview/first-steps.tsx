import type { Overview } from '@panther/platform/contract';
import { Check } from 'lucide-react';
import { Link } from 'react-router';
import { useCan } from '../../api/session.tsx';
import { cx } from '../../components/cx.ts';
import { Card } from '../../components/page.tsx';
import styles from './overview.module.css';

/** What somebody who is new does, in its order. */
export function FirstSteps({ overview }: { readonly overview: Overview }) {
  const canAdd = useCan('admin');
  const steps = [
    {
      done: overview.sources.total > 0,
      to: canAdd ? '/sources/new' : '/sources',
      name: 'Add a source',
      text: 'Watch a folder, take logs by HTTP, or listen for syslog.',
    },
    {
      done: overview.records.total.received > 0,
      to: '/sources',
      name: 'Send it a log',
      text: 'Drop a file into the folder, or use the ready command on the source’s page.',
    },
    {
      done: overview.destinations.total > 0,
      to: canAdd ? '/destinations/new' : '/destinations',
      name: 'Add a destination',
      text: 'So that alerts reach the people who act on them.',
    },
    {
      done: overview.detections.enabled > 0,
      to: '/detections',
      name: 'Look at the detections',
      text: `${overview.detections.enabled} of ${overview.detections.total} are enabled.`,
    },
  ];
  return (
    <Card title="First steps">
      <ol className={styles.steps}>
        {steps.map((step, index) => (
          <li key={step.name}>
            <span aria-hidden className={cx(styles.stepMark, step.done && styles.stepDone)}>
              {step.done ? <Check /> : index + 1}
            </span>
            <div>
              <Link to={step.to}>{step.name}</Link>
              {step.done && <span className={styles.quiet}> – done</span>}
              <p className={styles.quiet}>{step.text}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
