import type { Destination, UnitType } from '@panther/platform/contract';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import type { ApiFailure } from '../../api/client.ts';
import { useApi, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Confirm } from '../../components/dialog.tsx';
import { Switch } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Failed, Loaded } from '../../components/states.tsx';
import sourceStyles from '../sources/sources.module.css';
import { type DestinationDraft, DestinationForm, NEW_DESTINATION } from './destination-form.tsx';
import { TestButton } from './destinations.tsx';

const BACK = { to: '/destinations', label: 'Destinations' };

export default function EditDestinationPage() {
  const { id } = useParams();
  const types = useApi('GET /destination-types', {});
  if (types.data === undefined) {
    return (
      <Page title="Destination" back={BACK}>
        <Loaded query={types}>{() => null}</Loaded>
      </Page>
    );
  }
  if (id === undefined) return <NewDestination types={types.data.items} />;
  return <ExistingDestination id={id} types={types.data.items} />;
}

function NewDestination({ types }: { readonly types: readonly UnitType[] }) {
  const [chosen, setChosen] = useState<UnitType>();
  const navigate = useNavigate();
  const create = useCommand('POST /destinations', {
    invalidates: ['GET /destinations', 'GET /overview'],
    done: ({ name }) => `${name} is added. Send a test alert to see that it arrives.`,
    announceFailure: false,
  });
  const type = chosen ?? (types.length === 1 ? types[0] : undefined);
  if (type === undefined) {
    return (
      <Page title="Add a destination" lead="Where should alerts go?" back={BACK}>
        <div className={sourceStyles.tiles}>
          {types.map((item) => (
            <button key={item.id} type="button" className={sourceStyles.tile} onClick={() => setChosen(item)}>
              <strong>{item.title}</strong>
              <span>{item.description}</span>
            </button>
          ))}
        </div>
      </Page>
    );
  }
  return (
    <Page title={`Add a destination: ${type.title}`} lead={type.description} back={BACK}>
      <Card className={sourceStyles.narrow}>
        <DestinationForm
          type={type}
          initial={NEW_DESTINATION}
          verb="Add destination"
          busy={create.isPending}
          failure={create.error as ApiFailure | null}
          onSubmit={(draft) =>
            create.mutate(
              { body: { ...asBody(draft), type: type.id } },
              { onSuccess: ({ id }) => navigate(`/destinations/${encodeURIComponent(id)}`) },
            )
          }
          cancel={<ButtonLink to="/destinations">Cancel</ButtonLink>}
        />
      </Card>
    </Page>
  );
}

function asBody({ name, severities, alertTypes, config }: DestinationDraft) {
  return { name, severities: [...severities], alertTypes: [...alertTypes], config: { ...config } };
}

interface ExistingProps {
  readonly id: string;
  readonly types: readonly UnitType[];
}

function ExistingDestination({ id, types }: ExistingProps) {
  const canChange = useCan('admin');
  const destination = useApi('GET /destinations/:id', { params: { id } });
  const type = types.find((item) => item.id === destination.data?.type);
  if (destination.data === undefined) {
    return (
      <Page title="Destination" back={BACK}>
        <Loaded query={destination}>{() => null}</Loaded>
      </Page>
    );
  }
  const name = destination.data.name;
  return (
    <Page
      title={name}
      lead={type?.title ?? destination.data.type}
      back={BACK}
      actions={canChange && <Actions destination={destination.data} />}
    >
      <Card className={sourceStyles.narrow}>
        {type === undefined ? (
          <Failed error={new Error(`This Panther has no destinations of type ${destination.data.type}.`)} />
        ) : (
          <Edit key={destination.data.updatedAt} destination={destination.data} type={type} readOnly={!canChange} />
        )}
      </Card>
    </Page>
  );
}

interface EditProps {
  readonly destination: Destination;
  readonly type: UnitType;
  readonly readOnly: boolean;
}

function Edit({ destination, type, readOnly }: EditProps) {
  const update = useCommand('PATCH /destinations/:id', {
    invalidates: ['GET /destinations', 'GET /destinations/:id'],
    done: 'The destination is saved.',
    announceFailure: false,
  });
  return (
    <DestinationForm
      type={type}
      initial={destination}
      secretsSet={destination.secretsSet}
      readOnly={readOnly}
      verb="Save"
      busy={update.isPending}
      failure={update.error as ApiFailure | null}
      onSubmit={(draft) => update.mutate({ params: { id: destination.id }, body: asBody(draft) })}
      cancel={null}
    />
  );
}

function Actions({ destination }: { readonly destination: Destination }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const params = { id: destination.id };
  const update = useCommand('PATCH /destinations/:id', {
    invalidates: ['GET /destinations', 'GET /destinations/:id'],
    done: ({ name, enabled }) => `${name} is ${enabled ? 'enabled' : 'disabled'}.`,
  });
  const remove = useCommand('DELETE /destinations/:id', {
    invalidates: ['GET /destinations'],
    done: `${destination.name} is deleted.`,
  });
  return (
    <>
      <Switch
        label="Enabled"
        checked={destination.enabled}
        disabled={update.isPending}
        onChange={(enabled) => update.mutate({ params, body: { enabled } })}
      />
      <TestButton destination={destination} />
      <Button look="danger" icon={<Trash2 aria-hidden />} onClick={() => setAsking(true)}>
        Delete
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${destination.name}?`}
        text="No more alerts are sent to it. What it has been sent stays with the alerts."
        verb="Delete destination"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ params }, { onSuccess: () => navigate('/destinations') })}
      />
    </>
  );
}
