import { useCommand } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';
import { plural } from '../../components/format.ts';
import { useNotify } from '../../components/toasts.tsx';
import type { Selection } from '../../components/use-selection.ts';
import styles from './detections.module.css';

/** What can be done with the chosen detections. */
export function BulkEnable({ selection }: { readonly selection: Selection }) {
  const { chosen, clear } = selection;
  const notify = useNotify();
  const change = useCommand('POST /detections/bulk', {
    invalidates: ['GET /detections', 'GET /detections/:id', 'GET /overview'],
    done: ({ changed }, { body }) => `${plural(changed, 'detection')} ${body.action}d.`,
  });
  function run(action: 'enable' | 'disable') {
    change.mutate(
      { body: { ids: [...chosen], action } },
      {
        onSuccess: ({ results }) => {
          const [first, ...others] = results.filter(({ ok }) => !ok);
          if (first === undefined) clear();
          else notify.failed(`${others.length + 1} failed, the first: ${first.id}: ${first.reason}`);
        },
      },
    );
  }
  return (
    <section className={styles.bulk} aria-label="Chosen detections">
      <span>{plural(chosen.length, 'detection')} chosen</span>
      <Button small disabled={change.isPending} onClick={() => run('enable')}>
        Enable
      </Button>
      <Button small disabled={change.isPending} onClick={() => run('disable')}>
        Disable
      </Button>
      <Button small look="quiet" disabled={change.isPending} onClick={clear}>
        Clear
      </Button>
    </section>
  );
}
