import { Play } from 'lucide-react';
import { useCommand } from '../../api/hooks.ts';
import { Button } from '../../components/button.tsx';

/** Asks for a run at once. */
export function RunNow({ id }: { readonly id: string }) {
  const run = useCommand('POST /schedules/:id/runs', {
    invalidates: ['GET /schedules', 'GET /schedules/:id/runs'],
    done: `${id} runs as soon as possible.`,
  });
  return (
    <Button
      small
      icon={<Play aria-hidden />}
      aria-label={`Run now: ${id}`}
      busy={run.isPending}
      onClick={() => run.mutate({ params: { id } })}
    >
      Run now
    </Button>
  );
}
