export type Condition = { readonly op: 'true' };
