import { useState } from 'react';
import { useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { ExceptionDialog } from './exception-dialog.tsx';

interface ExceptAlertProps {
  readonly alertId: string;
  readonly detectionId: string;
}

/** Makes an exception from an alert, with conditions that fit its events. */
export function ExceptAlert({ alertId, detectionId }: ExceptAlertProps) {
  const canChange = useCan('analyst');
  const suggest = useCommand('POST /exceptions/suggest');
  const [isOpen, setOpen] = useState(false);
  if (!canChange) return null;
  return (
    <>
      <Button
        busy={suggest.isPending}
        onClick={() => suggest.mutate({ body: { alertId } }, { onSuccess: () => setOpen(true) })}
      >
        Add an exception
      </Button>
      {isOpen && (
        <ExceptionDialog
          detectionId={suggest.data?.detectionId ?? detectionId}
          suggestions={suggest.data?.suggestions ?? []}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
