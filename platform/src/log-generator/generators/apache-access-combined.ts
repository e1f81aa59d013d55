/** Apache.AccessCombined: the same site behind another server. */
import type { Generator } from '../generator.ts';
import { probing, visit } from '../web-traffic.ts';
import { writeCombined } from './nginx-access.ts';

export const apacheAccessCombined: Generator = {
  logType: 'Apache.AccessCombined',
  line: (random) => writeCombined(random, visit(random)),
  attacks: [probing(writeCombined)],
};
