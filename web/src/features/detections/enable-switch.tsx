import type { DetectionSummary } from '@panther/platform/contract';
import { useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Dot } from '../../components/badge.tsx';
import { Switch } from '../../components/field.tsx';

/** Turns a detection on and off; for those who may not, it tells which it is. */
export function EnableSwitch({ detection, named }: { readonly detection: DetectionSummary; readonly named?: boolean }) {
  const canChange = useCan('analyst');
  const name = detection.displayName || detection.id;
  const update = useCommand('PATCH /detections/:id', {
    invalidates: ['GET /detections', 'GET /detections/:id', 'GET /overview'],
    done: ({ enabled }) => `${name} is ${enabled ? 'enabled' : 'disabled'}.`,
  });
  if (!canChange)
    return <Dot tone={detection.enabled ? 'good' : 'info'}>{detection.enabled ? 'Enabled' : 'Disabled'}</Dot>;
  const shown = update.isPending ? (update.variables?.body.enabled ?? detection.enabled) : detection.enabled;
  return (
    <Switch
      bare={!named}
      label={named ? 'Enabled' : `Enable ${name}`}
      checked={shown}
      disabled={update.isPending}
      onChange={(enabled) => update.mutate({ params: { id: detection.id }, body: { enabled } })}
    />
  );
}
