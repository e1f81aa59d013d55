import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, failureMessage } from '../../api/client.ts';
import { Button } from '../../components/button.tsx';
import { plural } from '../../components/format.ts';
import { useNotify } from '../../components/toasts.tsx';
import type { Selection } from '../../components/use-selection.ts';
import styles from './detections.module.css';

/** What can be done with the chosen detections. */
export function BulkEnable({ selection }: { readonly selection: Selection }) {
  const { chosen, clear } = selection;
  const { run, progress } = useEnableAll();
  const isBusy = progress !== undefined;
  return (
    <section className={styles.bulk} aria-label="Chosen detections">
      <span role="status">
        {isBusy ? `${progress.done} of ${progress.total} done` : `${plural(chosen.length, 'detection')} chosen`}
      </span>
      <Button small disabled={isBusy} onClick={() => void run(chosen, true)}>
        Enable
      </Button>
      <Button small disabled={isBusy} onClick={() => void run(chosen, false)}>
        Disable
      </Button>
      <Button small look="quiet" disabled={isBusy} onClick={clear}>
        Clear
      </Button>
    </section>
  );
}

interface Progress {
  readonly done: number;
  readonly total: number;
}

function useEnableAll() {
  const client = useQueryClient();
  const notify = useNotify();
  const [progress, setProgress] = useState<Progress>();
  async function run(ids: readonly string[], enabled: boolean): Promise<void> {
    const problems: string[] = [];
    for (const [index, id] of ids.entries()) {
      setProgress({ done: index, total: ids.length });
      await call('PATCH /detections/:id', { params: { id }, body: { enabled } }).catch((error: unknown) => {
        problems.push(`${id}: ${failureMessage(error)}`);
      });
    }
    setProgress(undefined);
    const changed = plural(ids.length - problems.length, 'detection');
    notify.done(`${changed} ${enabled ? 'enabled' : 'disabled'}.`);
    if (problems[0] !== undefined) notify.failed(`${problems.length} failed, the first: ${problems[0]}`);
    for (const queryKey of [['GET /detections'], ['GET /detections/:id'], ['GET /overview']]) {
      await client.invalidateQueries({ queryKey });
    }
  }
  return { run, progress };
}
