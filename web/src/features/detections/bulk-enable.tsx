import { useState } from 'react';
import { useCommand } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';
import { plural } from '../../components/format.ts';
import { useNotify } from '../../components/toasts.tsx';
import type { Selection } from '../../components/use-selection.ts';
import styles from './detections.module.css';

const DONE = { enable: 'enabled', disable: 'disabled', 'add-tag': 'tagged', 'remove-tag': 'rid of the tag' } as const;
type BulkAction = keyof typeof DONE;

/** What can be done with the chosen detections. */
export function BulkEnable({ selection }: { readonly selection: Selection }) {
  const { chosen, clear } = selection;
  const notify = useNotify();
  const change = useCommand('POST /detections/bulk', {
    invalidates: ['GET /detections', 'GET /detections/:id', 'GET /overview'],
    done: ({ changed }, { body }) => `${plural(changed, 'detection')} ${DONE[body.action]}.`,
  });
  const [tag, setTag] = useState('');
  function run(action: BulkAction) {
    const body = { ids: [...chosen], action };
    change.mutate(
      { body: action === 'add-tag' || action === 'remove-tag' ? { ...body, tag: tag.trim() } : body },
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
      <span className={styles.tagging}>
        <input
          aria-label="Tag"
          placeholder="Tag"
          value={tag}
          onChange={(event) => setTag(event.currentTarget.value)}
          className={styles.tagInput}
        />
        <Button small disabled={change.isPending || tag.trim() === ''} onClick={() => run('add-tag')}>
          Add tag
        </Button>
        <Button small disabled={change.isPending || tag.trim() === ''} onClick={() => run('remove-tag')}>
          Remove tag
        </Button>
      </span>
      <Button small look="quiet" disabled={change.isPending} onClick={clear}>
        Clear
      </Button>
    </section>
  );
}
