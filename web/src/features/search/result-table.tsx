// biome-ignore-all lint/a11y/useSemanticElements: only the rows in sight exist and they are placed freely, so table elements do not fit
/** The rows of a result: only those in sight are drawn. */
import type { QueryResult } from '@panther/platform/contract';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, Copy } from 'lucide-react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { copyText } from '../../components/copy.tsx';
import { cx } from '../../components/cx.ts';
import { useNotify } from '../../components/toasts.tsx';
import { cellText, columnWidth, isNumeric, type SortOrder, sortRows } from './result-cells.ts';
import styles from './search.module.css';

const ROW_HEIGHT = 28;

interface ResultTableProps {
  readonly result: QueryResult;
  readonly onOpen: (row: number) => void;
}

export function ResultTable({ result, onOpen }: ResultTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useState<SortOrder>();
  const rows = useMemo(() => sortRows(result, order), [result, order]);
  const widths = useMemo(() => result.columns.map((_, index) => columnWidth(result, index)), [result]);
  const template = `56px ${widths.map((width) => `${width}px`).join(' ')}`;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
  });
  const copyCell = useCopyCell();

  function onKey(event: KeyboardEvent<HTMLElement>) {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-cell]');
    if (cell === null) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'c' && String(window.getSelection()) === '')
      copyCell(cell.dataset.cell ?? '');
    if (event.key === 'Enter') onOpen(Number(cell.dataset.row));
    moveFocus(event, cell);
  }

  return (
    <div
      ref={scroller}
      className={styles.grid}
      role="grid"
      aria-label="Result"
      aria-rowcount={rows.length + 1}
      aria-colcount={result.columns.length + 1}
      tabIndex={0}
      onKeyDown={onKey}
    >
      <div
        role="row"
        tabIndex={-1}
        className={cx(styles.gridRow, styles.gridHead)}
        style={{ gridTemplateColumns: template }}
      >
        <div role="columnheader" tabIndex={-1} className={styles.rowNumber}>
          #
        </div>
        {result.columns.map((column, index) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name
            key={`${index} ${column.name}`}
            role="columnheader"
            tabIndex={-1}
            aria-sort={order?.column === index ? order.direction : 'none'}
            className={styles.headCell}
          >
            <button
              type="button"
              onClick={() => setOrder(nextOrder(order, index))}
              title={`${column.name}: ${column.type}`}
            >
              <span className={styles.columnName}>{column.name}</span>
              <span className={styles.columnType}>{column.type.toLowerCase()}</span>
              {order?.column === index &&
                (order.direction === 'ascending' ? <ArrowUp aria-hidden /> : <ArrowDown aria-hidden />)}
            </button>
          </div>
        ))}
      </div>
      <div className={styles.gridBody} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const at = rows[item.index] ?? 0;
          return (
            <div
              key={item.key}
              role="row"
              tabIndex={-1}
              aria-rowindex={item.index + 2}
              className={styles.gridRow}
              style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)` }}
            >
              <div role="rowheader" tabIndex={-1} className={styles.rowNumber}>
                <button type="button" aria-label={`Open row ${item.index + 1}`} onClick={() => onOpen(at)}>
                  {item.index + 1}
                </button>
              </div>
              {(result.rows[at] ?? []).map((value, index) => (
                <Cell
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column's place
                  key={index}
                  text={cellText(value)}
                  isNull={value === null}
                  isNumeric={isNumeric(result.columns[index]?.type ?? '')}
                  row={at}
                  onCopy={copyCell}
                />
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface CellProps {
  readonly text: string;
  readonly isNull: boolean;
  readonly isNumeric: boolean;
  readonly row: number;
  readonly onCopy: (text: string) => void;
}

const SHOWN_CHARACTERS = 300;

function Cell({ text, isNull, isNumeric: numeric, row, onCopy }: CellProps) {
  return (
    <div
      role="gridcell"
      tabIndex={-1}
      data-cell={text}
      data-row={row}
      className={cx(styles.cell, numeric && styles.numeric, isNull && styles.null)}
      title={text.length > 24 ? text.slice(0, 1_000) : undefined}
    >
      <span className={styles.cellText}>{isNull ? 'null' : text.slice(0, SHOWN_CHARACTERS)}</span>
      <button
        type="button"
        tabIndex={-1}
        className={styles.cellCopy}
        aria-label="Copy cell"
        onClick={() => onCopy(text)}
      >
        <Copy aria-hidden />
      </button>
    </div>
  );
}

function useCopyCell() {
  const notify = useNotify();
  return (text: string) => {
    copyText(text).then(
      () => notify.done('The cell is copied.'),
      () => notify.failed('The browser did not allow to copy.'),
    );
  };
}

function nextOrder(order: SortOrder | undefined, column: number): SortOrder | undefined {
  if (order?.column !== column) return { column, direction: 'ascending' };
  return order.direction === 'ascending' ? { column, direction: 'descending' } : undefined;
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

function moveFocus(event: KeyboardEvent, cell: HTMLElement): void {
  const move = MOVES[event.key];
  const row = cell.parentElement;
  if (move === undefined || row === null) return;
  event.preventDefault();
  const next = move[0] === 0 ? row : move[0] < 0 ? row.previousElementSibling : row.nextElementSibling;
  const column = [...row.children].indexOf(cell) + move[1];
  (next?.children[column] as HTMLElement | undefined)?.focus();
}
