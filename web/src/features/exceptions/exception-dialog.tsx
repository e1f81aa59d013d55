import type { ExceptionCheck, ExceptionSuggestion } from '@panther/platform/contract';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { useCommand } from '../../api/hooks.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Dialog, DialogActions } from '../../components/dialog.tsx';
import { Check, Field, Fields, FormError, TextInput } from '../../components/field.tsx';
import { plural } from '../../components/format.ts';
import { PickOne } from '../../components/pick.tsx';
import { CONDITIONS, type ConditionRow, conditionsOf, newRow } from './conditions.ts';
import styles from './exceptions.module.css';

interface ExceptionDialogProps {
  readonly detectionId: string;
  /** Of an alert whose events it shall fit. */
  readonly suggestions?: readonly ExceptionSuggestion[];
  readonly onClose: () => void;
}

const DAY_MS = 86_400_000;
const TERMS = [
  { value: '30', label: 'for 30 days' },
  { value: '90', label: 'for 90 days' },
  { value: '365', label: 'for a year' },
  { value: '', label: 'without an end' },
] as const;
type Term = (typeof TERMS)[number]['value'];

/** Makes an exception: conditions, reason, owner, term; then the answer of the check against known true positives. */
export function ExceptionDialog({ detectionId, suggestions = [], onClose }: ExceptionDialogProps) {
  const [rows, setRows] = useState<readonly ConditionRow[]>(suggestions.length === 0 ? [newRow()] : []);
  const [reason, setReason] = useState('');
  const [owner, setOwner] = useState('');
  const [term, setTerm] = useState<Term>('90');
  const [forceReason, setForceReason] = useState('');
  const check = useCommand('POST /exceptions/check', { announceFailure: false });
  const create = useCommand('POST /exceptions', {
    invalidates: ['GET /exceptions'],
    done: 'The exception is live.',
    announceFailure: false,
  });
  const conditions = conditionsOf(rows);
  const hides = check.data?.hides ?? [];
  const problem = check.data?.issues[0]?.message ?? check.error?.message ?? create.error?.message;

  function change(next: readonly ConditionRow[]) {
    setRows(next);
    check.reset();
    create.reset();
  }
  async function submit() {
    const checked =
      check.data ?? (await check.mutateAsync({ body: { detectionId, conditions } }).catch(() => undefined));
    if (checked === undefined || checked.issues.length > 0) return;
    if (checked.hides.length > 0 && forceReason.trim() === '') return;
    const expiresAt = term === '' ? null : new Date(Date.now() + Number(term) * DAY_MS).toISOString();
    const force = checked.hides.length > 0 ? { force: true, forceReason } : {};
    const body = { detectionId, conditions, reason, expiresAt, ...(owner === '' ? {} : { owner }), ...force };
    create.mutate({ body }, { onSuccess: onClose });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title="Add an exception"
      lead="Matches that meet all conditions become no alerts. They are counted."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Fields>
          {suggestions.length > 0 && <Suggestions suggestions={suggestions} rows={rows} onChange={change} />}
          <Rows rows={rows} onChange={change} />
          <Field label="Reason">
            <TextInput required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          </Field>
          <Field label="Owner" required={false} help="Who answers for it; you, unless somebody else is named.">
            <TextInput value={owner} onChange={(event) => setOwner(event.currentTarget.value)} />
          </Field>
          <PickOne label="Term" prefix="It holds" options={TERMS} value={term} onChange={setTerm} />
          {check.data !== undefined && check.data.issues.length === 0 && <Answer check={check.data} />}
          {hides.length > 0 && (
            <Field label="Why it shall hide them all the same">
              <TextInput required value={forceReason} onChange={(event) => setForceReason(event.currentTarget.value)} />
            </Field>
          )}
          {problem !== undefined && <FormError>{problem}</FormError>}
        </Fields>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look={hides.length > 0 ? 'danger' : 'primary'}
            busy={check.isPending || create.isPending}
            disabled={conditions.length === 0}
          >
            {hides.length > 0 ? 'Add it all the same' : 'Check and add'}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function Answer({ check: { hides, checked } }: { readonly check: ExceptionCheck }) {
  if (hides.length === 0) {
    return (
      <p className={styles.good}>
        It hides no known true positive: {plural(checked.tests, 'test')} and {plural(checked.alerts, 'resolved alert')}{' '}
        were looked at.
      </p>
    );
  }
  return (
    <section className={styles.bad} role="alert">
      <p>It would have hidden known true positives:</p>
      <ul>
        {hides.map(({ kind, id, title, events }) => (
          <li key={`${kind} ${id}`}>
            {kind === 'test' ? `the test “${title}”` : `the alert “${title}”, ${plural(events, 'event')}`}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface RowsProps {
  readonly rows: readonly ConditionRow[];
  readonly onChange: (rows: readonly ConditionRow[]) => void;
}

function Suggestions({ suggestions, rows, onChange }: RowsProps & Required<Pick<ExceptionDialogProps, 'suggestions'>>) {
  return (
    <fieldset className={styles.suggestions}>
      <legend>What the events of this alert have in common</legend>
      {suggestions.map(({ field, value, elsewhere, hiddenTests }) => {
        const text = String(value);
        const isChosen = rows.some((row) => row.field === field && row.value === text);
        const rest = rows.filter((row) => row.field !== field || row.value !== text);
        return (
          <div key={`${field} ${text}`}>
            <Check
              label={`${field} is ${text}`}
              checked={isChosen}
              onChange={() => onChange(isChosen ? rest : [...rows, newRow({ field, value: text })])}
            />
            <span className={styles.note}>
              {elsewhere === null
                ? 'no other alerts to compare with'
                : `${Math.round(elsewhere * 100)} % of other alerts`}
              {hiddenTests.length > 0 && `; would hide ${plural(hiddenTests.length, 'test')}`}
            </span>
          </div>
        );
      })}
    </fieldset>
  );
}

function Rows({ rows, onChange }: RowsProps) {
  const set = (key: number, part: Partial<ConditionRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  return (
    <div className={styles.rows}>
      {rows.map(({ key, field, condition, value }) => (
        <div key={key} className={styles.row}>
          <TextInput
            aria-label="Field"
            placeholder="userIdentity.arn"
            value={field}
            onChange={(event) => set(key, { field: event.currentTarget.value })}
          />
          <PickOne
            label="Comparison"
            options={CONDITIONS}
            value={condition as (typeof CONDITIONS)[number]['value']}
            onChange={(next) => set(key, { condition: next })}
          />
          {condition !== 'Exists' && (
            <TextInput
              aria-label="Value"
              value={value}
              onChange={(event) => set(key, { value: event.currentTarget.value })}
            />
          )}
          <IconButton
            label={`Remove the condition on ${field || 'nothing'}`}
            onClick={() => onChange(rows.filter((row) => row.key !== key))}
          >
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
      <div>
        <Button small icon={<Plus aria-hidden />} onClick={() => onChange([...rows, newRow()])}>
          Add a condition
        </Button>
      </div>
    </div>
  );
}
