import type { LakeSchema } from '@panther/platform/contract';
import type { UseQueryResult } from '@tanstack/react-query';
import { ChevronRight, Table2 } from 'lucide-react';
import { useState } from 'react';
import { Ago } from '../../components/ago.tsx';
import { Button } from '../../components/button.tsx';
import { Loaded } from '../../components/states.tsx';
import { Tabs } from '../../components/tabs.tsx';
import type { PastQuery } from './query-history.ts';
import styles from './search.module.css';

interface SidePanelProps {
  readonly schema: UseQueryResult<LakeSchema>;
  readonly history: readonly PastQuery[];
  readonly onUse: (sql: string) => void;
  readonly onForget: () => void;
}

/** What can be asked, and what has been asked. */
export function SidePanel({ schema, history, onUse, onForget }: SidePanelProps) {
  const [tab, setTab] = useState<'tables' | 'history'>('tables');
  return (
    <aside className={styles.side} aria-label="Tables and history">
      <Tabs
        label="Tables and history"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            id: 'tables',
            label: 'Tables',
            content: (
              <Loaded query={schema} lines={6}>
                {(data) => <Tables schema={data} onUse={onUse} />}
              </Loaded>
            ),
          },
          { id: 'history', label: 'History', content: <History history={history} onUse={onUse} onForget={onForget} /> },
        ]}
      />
    </aside>
  );
}

function Tables({ schema, onUse }: { readonly schema: LakeSchema; readonly onUse: (sql: string) => void }) {
  return (
    <div className={styles.databases}>
      {schema.databases.map((database) => (
        <Database key={database.name} database={database} onUse={onUse} />
      ))}
    </div>
  );
}

const OPEN_AT_FIRST = new Set(['panther_logs', 'panther_views']);

interface DatabaseProps {
  readonly database: LakeSchema['databases'][number];
  readonly onUse: (sql: string) => void;
}

function Database({ database, onUse }: DatabaseProps) {
  const [open, setOpen] = useState(OPEN_AT_FIRST.has(database.name));
  return (
    <section>
      <h3>
        <button type="button" className={styles.database} aria-expanded={open} onClick={() => setOpen(!open)}>
          <ChevronRight aria-hidden className={open ? styles.turned : undefined} />
          {database.name}
        </button>
      </h3>
      {open && database.tables.length === 0 && <p className={styles.quiet}>no tables yet</p>}
      {open &&
        database.tables.map((table) => (
          <TableItem key={table.name} database={database.name} table={table} onUse={onUse} />
        ))}
    </section>
  );
}

interface TableItemProps {
  readonly database: string;
  readonly table: LakeSchema['databases'][number]['tables'][number];
  readonly onUse: (sql: string) => void;
}

function TableItem({ database, table, onUse }: TableItemProps) {
  const [open, setOpen] = useState(false);
  const name = `${database}.${table.name}`;
  return (
    <div>
      <div className={styles.tableRow}>
        <button type="button" className={styles.tableToggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          <ChevronRight aria-hidden className={open ? styles.turned : undefined} />
          <Table2 aria-hidden />
          <span>{table.name}</span>
        </button>
        <Button
          small
          look="quiet"
          aria-label={`Use ${name}`}
          onClick={() => onUse(`SELECT *\nFROM ${name}\nORDER BY p_event_time DESC\nLIMIT 100`)}
        >
          Use
        </Button>
      </div>
      {open && (
        <ul className={styles.columns}>
          {table.columns.map((column) => (
            <li key={column.name} title={column.description}>
              <span>{column.name}</span>
              <span className={styles.quiet}>{column.type.toLowerCase()}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function History({ history, onUse, onForget }: Pick<SidePanelProps, 'history' | 'onUse' | 'onForget'>) {
  if (history.length === 0)
    return <p className={styles.quiet}>Queries that you run are listed here. They are kept in this browser only.</p>;
  return (
    <>
      <ul className={styles.past}>
        {history.map((past) => (
          <li key={`${past.at} ${past.sql}`}>
            <button type="button" className={styles.example} onClick={() => onUse(past.sql)}>
              <code>{past.sql.replaceAll('\n', ' ')}</code>
              <span className={styles.quiet}>
                <Ago time={past.at} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <Button small look="quiet" onClick={onForget}>
        Clear the history
      </Button>
    </>
  );
}
