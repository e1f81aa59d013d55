import { lazy, Suspense } from 'react';
import { useParams } from 'react-router';
import { useApi } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Loaded, Skeleton } from '../../components/states.tsx';

const EditorWorkspace = lazy(() => import('./editor-workspace.tsx'));

const BACK = { to: '/detections', label: 'Detections' };
/** What is in the editor must not be replaced by what the server says meanwhile. */
const ONCE = { staleTime: Number.POSITIVE_INFINITY };

export default function EditDetectionPage() {
  const { id = '' } = useParams();
  const canEdit = useCan('analyst');
  const detection = useApi('GET /detections/:id', { params: { id } });
  const source = useApi('GET /detections/:id/source', { params: { id } }, ONCE);
  if (!canEdit || detection.data === undefined || source.data === undefined) {
    return (
      <Page title="Edit detection" back={BACK}>
        <Card>
          {canEdit ? (
            <Loaded query={source.data === undefined ? source : detection}>{() => null}</Loaded>
          ) : (
            <Empty title="Your role may not edit detections">An analyst or administrator can.</Empty>
          )}
        </Card>
      </Page>
    );
  }
  const { displayName, language } = detection.data;
  const { yaml, body, version } = source.data;
  return (
    <Suspense fallback={<Skeleton lines={12} />}>
      <EditorWorkspace
        key={id}
        saved={{ id, version, name: displayName || id }}
        language={language}
        initial={{ yaml, body }}
        isNew={false}
      />
    </Suspense>
  );
}
