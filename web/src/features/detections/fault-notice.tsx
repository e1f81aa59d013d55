import type { DetectionSummary } from '@panther/platform/contract';
import { useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Button } from '../../components/button.tsx';
import styles from './detections.module.css';

/** Why Panther has switched a detection off, and the way to try it again. */
export function FaultNotice({ detection }: { readonly detection: DetectionSummary }) {
  const canChange = useCan('analyst');
  const enable = useCommand('PATCH /detections/:id', {
    invalidates: ['GET /detections', 'GET /detections/:id', 'GET /overview'],
    done: () => `${detection.displayName || detection.id} is enabled again.`,
  });
  if (!detection.fault) return null;
  return (
    <section className={styles.faultBox} aria-label="Switched off">
      <p>
        <strong>
          Panther switched it off <Ago time={detection.fault.at} />.
        </strong>{' '}
        {detection.fault.reason}
      </p>
      {canChange && (
        <Button
          small
          busy={enable.isPending}
          onClick={() => enable.mutate({ params: { id: detection.id }, body: { enabled: true } })}
        >
          Enable again
        </Button>
      )}
    </section>
  );
}
