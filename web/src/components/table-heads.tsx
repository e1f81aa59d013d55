/** Head of a column of buttons: named for assistive technology alone. */
export function HiddenHead({ children = 'Actions' }: { readonly children?: string }) {
  return (
    <th>
      <span hidden>{children}</span>
    </th>
  );
}
