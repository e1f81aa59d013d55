import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from './button.tsx';
import fieldStyles from './field.module.css';
import styles from './key-values.module.css';

interface KeyValuesProps {
  readonly value: unknown;
  /** `undefined` when there is no pair. */
  readonly onChange: (value: Readonly<Record<string, string>> | undefined) => void;
  readonly secret: boolean;
}

interface Pair {
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

/** Names and values, such as HTTP headers. */
export function KeyValues({ value, onChange, secret }: KeyValuesProps) {
  const [pairs, setPairs] = useState<readonly Pair[]>(() => pairsOf(value));
  const [nextId, setNextId] = useState(pairs.length);

  function update(next: readonly Pair[]) {
    setPairs(next);
    const named = next.filter((pair) => pair.name.trim() !== '');
    onChange(named.length === 0 ? undefined : Object.fromEntries(named.map((pair) => [pair.name.trim(), pair.value])));
  }

  function change(id: number, part: Partial<Pair>) {
    update(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)));
  }

  return (
    <div className={styles.pairs}>
      {pairs.map((pair) => (
        <div key={pair.id} className={styles.pair}>
          <input
            className={fieldStyles.input}
            aria-label="Name"
            placeholder="Name"
            value={pair.name}
            onChange={(event) => change(pair.id, { name: event.target.value })}
          />
          <input
            className={fieldStyles.input}
            aria-label={`Value of ${pair.name || 'the new name'}`}
            placeholder="Value"
            type={secret ? 'password' : 'text'}
            autoComplete="new-password"
            value={pair.value}
            onChange={(event) => change(pair.id, { value: event.target.value })}
          />
          <IconButton label={`Remove ${pair.name}`} onClick={() => update(pairs.filter(({ id }) => id !== pair.id))}>
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
      <Button
        small
        icon={<Plus aria-hidden />}
        onClick={() => {
          setPairs([...pairs, { id: nextId, name: '', value: '' }]);
          setNextId(nextId + 1);
        }}
      >
        Add
      </Button>
    </div>
  );
}

function pairsOf(value: unknown): readonly Pair[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, item], id) => ({ id, name, value: String(item) }));
}
