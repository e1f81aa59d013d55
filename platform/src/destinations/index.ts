/** The destinations there are. */
import type { Destination } from './destination.ts';
import { webhook } from './webhook.ts';

export const DESTINATIONS: readonly Destination[] = [webhook];
