import type { AlertDetail } from '@panther/platform/contract';
import { type FormEvent, useState } from 'react';
import { useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Button } from '../../components/button.tsx';
import { TextArea } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import styles from './alerts.module.css';

export function Comments({ alert }: { readonly alert: AlertDetail }) {
  const canComment = useCan('analyst');
  return (
    <Card title="Comments">
      <div className={styles.list}>
        {alert.comments.length === 0 && <p className={styles.keys}>No comments yet.</p>}
        {alert.comments.map((comment) => (
          <article key={comment.id} className={styles.comment}>
            <header className={styles.commentHead}>
              <strong>{comment.author.name}</strong>
              <Ago time={comment.createdAt} />
            </header>
            <p className={styles.commentBody}>{comment.body}</p>
          </article>
        ))}
        {canComment && <CommentForm alertId={alert.id} />}
      </div>
    </Card>
  );
}

function CommentForm({ alertId }: { readonly alertId: string }) {
  const [text, setText] = useState('');
  const comment = useCommand('POST /alerts/:id/comments', { invalidates: ['GET /alerts/:id'] });

  function submit(event: FormEvent) {
    event.preventDefault();
    comment.mutate({ params: { id: alertId }, body: { body: text } }, { onSuccess: () => setText('') });
  }

  return (
    <form onSubmit={submit} className={styles.commentForm}>
      <TextArea
        aria-label="Comment"
        placeholder="What did you find?"
        maxLength={10_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button small type="submit" busy={comment.isPending} disabled={text.trim() === ''}>
        Comment
      </Button>
    </form>
  );
}
