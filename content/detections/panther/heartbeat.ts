export function rule(event: { readonly id?: string }): boolean {
  return typeof event.id === 'string';
}
