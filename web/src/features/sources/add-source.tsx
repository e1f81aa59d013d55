import type { Source, UnitType } from '@panther/platform/contract';
import { useState } from 'react';
import type { ApiFailure } from '../../api/client.ts';
import { useApi, useCommand } from '../../api/hooks.ts';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Loaded } from '../../components/states.tsx';
import { HowToSend } from './how-to-send.tsx';
import { SourceForm } from './source-form.tsx';
import styles from './sources.module.css';

const BACK = { to: '/sources', label: 'Sources' };

interface Created {
  readonly source: Source;
  readonly generatedSecrets: Readonly<Record<string, string>>;
}

export default function AddSourcePage() {
  const types = useApi('GET /source-types', {});
  const [type, setType] = useState<UnitType>();
  const [created, setCreated] = useState<Created>();
  if (created !== undefined) return <CreatedSource {...created} />;
  if (type !== undefined) return <Configure type={type} onBack={() => setType(undefined)} onCreated={setCreated} />;
  return (
    <Page title="Add a source" lead="How do the logs reach Panther?" back={BACK}>
      <Loaded query={types}>
        {({ items }) => (
          <div className={styles.tiles}>
            {items.map((item) => (
              <button key={item.id} type="button" className={styles.tile} onClick={() => setType(item)}>
                <strong>{item.title}</strong>
                <span>{item.description}</span>
              </button>
            ))}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

interface ConfigureProps {
  readonly type: UnitType;
  readonly onBack: () => void;
  readonly onCreated: (created: Created) => void;
}

function Configure({ type, onBack, onCreated }: ConfigureProps) {
  const create = useCommand('POST /sources', {
    invalidates: ['GET /sources', 'GET /overview'],
    announceFailure: false,
  });
  return (
    <Page
      title={`Add a source: ${type.title}`}
      back={BACK}
      lead={
        <>
          {type.description}{' '}
          {type.documentationUrl !== null && (
            <a href={type.documentationUrl} target="_blank" rel="noopener noreferrer">
              Documentation
            </a>
          )}
        </>
      }
    >
      <Card className={styles.narrow}>
        <SourceForm
          type={type}
          initial={{ name: '', logTypes: [], config: {} }}
          verb="Add source"
          busy={create.isPending}
          failure={create.error as ApiFailure | null}
          onSubmit={(draft) =>
            create.mutate(
              { body: { ...draft, logTypes: [...draft.logTypes], config: { ...draft.config }, type: type.id } },
              { onSuccess: onCreated },
            )
          }
          cancel={<Button onClick={onBack}>Choose another type</Button>}
        />
      </Card>
    </Page>
  );
}

function CreatedSource({ source, generatedSecrets }: Created) {
  return (
    <Page
      title={`${source.name} is ready`}
      back={BACK}
      lead="Send it the first log: its counts and health follow at once."
    >
      <Card className={styles.narrow}>
        <HowToSend source={source} secrets={generatedSecrets} />
        <div className={styles.formActions}>
          <ButtonLink to={`/sources/${encodeURIComponent(source.id)}`} look="primary">
            Go to the source
          </ButtonLink>
        </div>
      </Card>
    </Page>
  );
}
