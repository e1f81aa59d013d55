import table from './table.module.css';

/** Head of a column of buttons: named for assistive technology alone. */
export function HiddenHead({
  children = 'Actions',
  className,
}: {
  readonly children?: string;
  readonly className?: string;
}) {
  return (
    <th className={className}>
      <span className={table.unseen}>{children}</span>
    </th>
  );
}
