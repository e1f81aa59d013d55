import { lazy, Suspense, useState } from 'react';
import { useApi } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Empty, Skeleton } from '../../components/states.tsx';
import type { Draft } from './draft.ts';
import styles from './editor.module.css';
import { type NewLanguage, templateOf } from './templates.ts';

const EditorWorkspace = lazy(() => import('./editor-workspace.tsx'));

const BACK = { to: '/detections', label: 'Detections' };
const LANGUAGES = [
  { value: 'python', label: 'Python' },
  { value: 'typescript', label: 'TypeScript' },
  { value: 'sigma', label: 'Sigma' },
  { value: 'yaml', label: 'YAML, without code' },
] as const;

interface Chosen {
  readonly language: NewLanguage;
  readonly draft: Draft;
}

export default function NewDetectionPage() {
  const canEdit = useCan('analyst');
  const [chosen, setChosen] = useState<Chosen>();
  if (chosen !== undefined) {
    return (
      <Suspense fallback={<Skeleton lines={12} />}>
        <EditorWorkspace saved={undefined} language={chosen.language} initial={chosen.draft} isNew />
      </Suspense>
    );
  }
  return (
    <Page title="New detection" lead="It begins with a template that is valid, tested and switched off." back={BACK}>
      <Card>
        {canEdit ? (
          <Choices onChoose={setChosen} />
        ) : (
          <Empty title="Your role may not add detections">An analyst or administrator can.</Empty>
        )}
      </Card>
    </Page>
  );
}

function Choices({ onChoose }: { readonly onChoose: (chosen: Chosen) => void }) {
  const logTypes = useApi('GET /log-types', {}, { staleTime: 5 * 60_000 });
  const [language, setLanguage] = useState<NewLanguage>('python');
  const [logType, setLogType] = useState('AWS.CloudTrail');
  const [id, setId] = useState('');
  const [problem, setProblem] = useState<string>();
  function choose() {
    const wanted = id.trim();
    if (language !== 'sigma' && !/^[A-Za-z0-9_][A-Za-z0-9_. ()-]*$/.test(wanted)) {
      return setProblem('must have letters, digits and . _ - only, such as AWS.Console.RootLogin');
    }
    onChoose({ language, draft: templateOf({ language, logType, id: wanted || 'New rule' }) });
  }
  const names = (logTypes.data?.items ?? []).map(({ name }) => ({ value: name, label: name }));
  return (
    <form
      className={styles.choices}
      onSubmit={(event) => {
        event.preventDefault();
        choose();
      }}
    >
      <Field label="Language">
        <PickOne label="Language" options={LANGUAGES} value={language} onChange={setLanguage} />
      </Field>
      <Field label="Log type" help="Its fields are completed in the editor; more can be added there.">
        <PickOne
          label="Log type"
          options={names.length === 0 ? [{ value: logType, label: logType }] : names}
          value={logType}
          onChange={setLogType}
        />
      </Field>
      <Field label={language === 'sigma' ? 'Title' : 'Id'} error={problem}>
        <TextInput
          value={id}
          placeholder={language === 'sigma' ? 'Console sign-in' : 'Company.Console.SignIn'}
          onChange={(event) => setId(event.currentTarget.value)}
        />
      </Field>
      <div>
        <Button type="submit" look="primary">
          Open the editor
        </Button>
      </div>
    </form>
  );
}
