import type { PackContent } from '@panther/platform/contract';
import { Upload } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { ApiFailure } from '../../api/client.ts';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { Check, Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { fileAsBase64 } from '../../components/file-as-base64.ts';
import { formatBytes, plural } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { packNameFrom, packPath } from './pack-names.ts';
import styles from './packs.module.css';
import { errorsOf, hasChanges, PlanView } from './plan-view.tsx';

const KINDS = [
  { value: 'zip', label: 'a zip' },
  { value: 'git', label: 'a git repository' },
] as const;
type Kind = (typeof KINDS)[number]['value'];

const BACK = { to: '/detections/packs', label: 'Packs' };
const STALE = ['GET /packs', 'GET /packs/:name', 'GET /detections', 'GET /detections/:id', 'GET /overview'] as const;

/** Content is chosen, its difference is looked at, then it is installed. `?name=` updates a pack. */
export default function InstallPackPage() {
  const [search] = useSearchParams();
  const known = search.get('name') ?? '';
  const packs = useApi('GET /packs', {}, { enabled: known !== '' });
  const source = packs.data?.items.find(({ name }) => name === known)?.source;
  if (known !== '' && packs.isPending)
    return (
      <Page title="Install a pack" back={BACK}>
        {null}
      </Page>
    );
  const git = source === undefined || source === null ? undefined : { ...source, ref: source.ref ?? '' };
  return <InstallPack known={known} git={git} />;
}

interface InstallPackProps {
  readonly known: string;
  /** Where it came from. */
  readonly git: { readonly url: string; readonly ref: string; readonly folder: string } | undefined;
}

function InstallPack({ known, git }: InstallPackProps) {
  const navigate = useNavigate();
  const mayFetch = useCan('admin');
  const [kind, setKind] = useState<Kind>(git !== undefined && mayFetch ? 'git' : 'zip');
  const [file, setFile] = useState<File>();
  const [place, setPlace] = useState(git ?? { url: '', ref: '', folder: '' });
  const [givenName, setName] = useState(known === '' ? undefined : known);
  const [note, setNote] = useState('');
  const [isPartial, setPartial] = useState(false);
  const [content, setContent] = useState<PackContent>();
  const preview = useCommand('POST /packs/:name/preview', { announceFailure: false });
  const install = useCommand('PUT /packs/:name', { invalidates: STALE, announceFailure: false });
  const name = givenName ?? packNameFrom(kind === 'zip' ? (file?.name ?? '') : place.url);
  const failure = (preview.error ?? install.error) as ApiFailure | null;
  const plan = preview.data;

  function change(run: () => void) {
    run();
    setPartial(false);
    preview.reset();
    install.reset();
  }

  async function look(event: FormEvent) {
    event.preventDefault();
    const chosen = kind === 'zip' ? await zipOf(file) : gitOf(place);
    if (chosen === undefined) return;
    preview.mutate(
      { params: { name }, body: { content: chosen } },
      // What was looked at is what is installed, whatever is committed meanwhile.
      {
        onSuccess: ({ commit }) =>
          setContent(chosen.kind === 'git' && commit !== null ? { ...chosen, ref: commit } : chosen),
      },
    );
  }

  function apply() {
    if (plan === undefined || content === undefined) return;
    const body = { content, expectedRevision: plan.revision, note: note || noteOf(place.ref, kind), isPartial };
    install.mutate({ params: { name }, body }, { onSuccess: () => void navigate(packPath(name)) });
  }

  return (
    <Page title={known === '' ? 'Install a pack' : `Update ${known}`} back={BACK}>
      <Card>
        <form onSubmit={(event) => void look(event)}>
          <Fields>
            {failure !== null && <FormError>{failure.message}</FormError>}
            {mayFetch && (
              <PickOne
                label="Content"
                prefix="From"
                options={KINDS}
                value={kind}
                onChange={(next) => change(() => setKind(next))}
              />
            )}
            {kind === 'zip' ? (
              <ZipField file={file} onChange={(next) => change(() => setFile(next))} />
            ) : (
              <GitFields place={place} onChange={(next) => change(() => setPlace(next))} />
            )}
            {known === '' && (
              <Field label="Name" help="Content that is installed under the same name later updates the pack.">
                <TextInput
                  required
                  value={name}
                  pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,99}"
                  onChange={(event) => change(() => setName(event.currentTarget.value))}
                />
              </Field>
            )}
          </Fields>
          <div className={styles.foot}>
            <Button
              type="submit"
              look={plan === undefined ? 'primary' : 'plain'}
              busy={preview.isPending}
              disabled={name === '' || (kind === 'zip' && file === undefined)}
            >
              Show the difference
            </Button>
          </div>
        </form>
      </Card>
      {plan !== undefined && (
        <>
          <PlanView plan={plan} />
          <Apply
            errors={errorsOf(plan).length}
            isNothing={!hasChanges(plan)}
            isBusy={install.isPending}
            note={note}
            onNote={setNote}
            isPartial={isPartial}
            onPartial={setPartial}
            onApply={apply}
          />
        </>
      )}
    </Page>
  );
}

async function zipOf(file: File | undefined): Promise<PackContent | undefined> {
  return file === undefined ? undefined : { kind: 'zip', base64: await fileAsBase64(file) };
}

function gitOf({
  url,
  ref,
  folder,
}: {
  readonly url: string;
  readonly ref: string;
  readonly folder: string;
}): PackContent {
  return { kind: 'git', url: url.trim(), ...(ref === '' ? {} : { ref }), ...(folder === '' ? {} : { folder }) };
}

function noteOf(ref: string, kind: Kind): string {
  return kind === 'git' && ref !== '' ? ref : '';
}

function ZipField({ file, onChange }: { readonly file: File | undefined; readonly onChange: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut for the button inside
    <div
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [dropped] = event.dataTransfer.files;
        if (dropped !== undefined) onChange(dropped);
      }}
      className={styles.foot}
    >
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Zip of detections"
        accept=".zip"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen !== undefined) onChange(chosen);
        }}
      />
      <Button icon={<Upload aria-hidden />} onClick={() => input.current?.click()}>
        Choose a zip
      </Button>
      <span className={styles.chosen}>
        {file === undefined
          ? 'or drop one here: an archive of a repository is one'
          : `${file.name}, ${formatBytes(file.size)}`}
      </span>
    </div>
  );
}

interface Place {
  readonly url: string;
  readonly ref: string;
  readonly folder: string;
}

function GitFields({ place, onChange }: { readonly place: Place; readonly onChange: (place: Place) => void }) {
  return (
    <>
      <Field
        label="Repository"
        help="https://… or ssh://…; Panther fetches it with the git of the machine that it runs on."
      >
        <TextInput
          required
          value={place.url}
          onChange={(event) => onChange({ ...place, url: event.currentTarget.value })}
        />
      </Field>
      <Field label="Branch, tag or commit" required={false}>
        <TextInput value={place.ref} onChange={(event) => onChange({ ...place, ref: event.currentTarget.value })} />
      </Field>
      <Field
        label="Folder"
        required={false}
        help="Of the repository; helper modules and data models beside it come along."
      >
        <TextInput
          value={place.folder}
          onChange={(event) => onChange({ ...place, folder: event.currentTarget.value })}
        />
      </Field>
    </>
  );
}

interface ApplyProps {
  readonly errors: number;
  readonly isNothing: boolean;
  readonly isBusy: boolean;
  readonly note: string;
  readonly onNote: (note: string) => void;
  readonly isPartial: boolean;
  readonly onPartial: (isPartial: boolean) => void;
  readonly onApply: () => void;
}

function Apply({ errors, isNothing, isBusy, note, onNote, isPartial, onPartial, onApply }: ApplyProps) {
  return (
    <Card>
      <Fields>
        {errors > 0 && (
          <Check
            label={`Install what is without errors, and remove nothing (${plural(errors, 'error')})`}
            checked={isPartial}
            onChange={(event) => onPartial(event.currentTarget.checked)}
          />
        )}
        <Field label="Note" required={false} help="Why, for the history: a commit, a ticket.">
          <TextInput value={note} onChange={(event) => onNote(event.currentTarget.value)} />
        </Field>
      </Fields>
      <div className={styles.foot}>
        <Button look="primary" busy={isBusy} disabled={isNothing || (errors > 0 && !isPartial)} onClick={onApply}>
          Install
        </Button>
        {isNothing && <span className={styles.chosen}>There is nothing to install.</span>}
      </div>
    </Card>
  );
}
