/** A JSON value as a tree that opens and closes; every value can be looked at and acted upon. */
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cx } from './cx.ts';
import styles from './json-view.module.css';

interface JsonViewProps {
  readonly value: unknown;
  /** Levels that are open at first. */
  readonly depth?: number;
  /** What stands beside a scalar: `path` is its dotted path. */
  readonly act?: (value: string | number | boolean, path: string) => ReactNode;
}

export function JsonView({ value, depth = 1, act }: JsonViewProps) {
  return (
    <div className={styles.tree}>
      <Node value={value} path="" depth={depth} act={act} />
    </div>
  );
}

interface NodeProps {
  readonly name?: string;
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
  readonly act: JsonViewProps['act'];
}

function Node({ name, value, path, depth, act }: NodeProps) {
  if (typeof value === 'object' && value !== null) {
    return <Branch name={name} value={value} path={path} depth={depth} act={act} />;
  }
  return (
    <div className={styles.leaf}>
      {name !== undefined && <span className={styles.name}>{name}</span>}
      <Scalar value={value} />
      {act !== undefined && isScalar(value) && <span className={styles.act}>{act(value, path)}</span>}
    </div>
  );
}

interface BranchProps extends Omit<NodeProps, 'value' | 'name'> {
  readonly name: string | undefined;
  readonly value: object;
}

const CHILDREN_AT_ONCE = 100;

function Branch({ name, value, path, depth, act }: BranchProps) {
  const [open, setOpen] = useState(depth > 0 || path === '');
  const [shown, setShown] = useState(CHILDREN_AT_ONCE);
  const entries = Object.entries(value);
  const isArray = Array.isArray(value);
  if (entries.length === 0) return <Empty name={name} text={isArray ? '[]' : '{}'} />;
  const children = entries
    .slice(0, shown)
    .map(([key, child]) => (
      <Node key={key} name={key} value={child} path={join(path, key, isArray)} depth={depth - 1} act={act} />
    ));
  if (path === '' && name === undefined) return <div>{children}</div>;
  return (
    <div>
      <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight aria-hidden className={cx(styles.chevron, open && styles.open)} />
        <span className={styles.name}>{name}</span>
        <span className={styles.size}>{isArray ? `[${entries.length}]` : `{${entries.length}}`}</span>
      </button>
      {open && (
        <div className={styles.children}>
          {children}
          {shown < entries.length && (
            <button type="button" className={styles.more} onClick={() => setShown(shown + CHILDREN_AT_ONCE)}>
              {entries.length - shown} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Empty({ name, text }: { readonly name: string | undefined; readonly text: string }) {
  return (
    <div className={styles.leaf}>
      {name !== undefined && <span className={styles.name}>{name}</span>}
      <span className={styles.size}>{text}</span>
    </div>
  );
}

function Scalar({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <span className={styles.string}>{value === '' ? '""' : value}</span>;
  if (typeof value === 'number') return <span className={styles.number}>{value}</span>;
  return <span className={styles.word}>{String(value)}</span>;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function join(path: string, key: string, isArray: boolean): string {
  if (isArray) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}
