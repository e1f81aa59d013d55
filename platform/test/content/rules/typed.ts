export function rule(event: { readonly action?: string }): boolean {
  return event.action === 'delete';
}

export function title(event: { readonly action?: string }): string {
  return `somebody does ${event.action}`;
}
