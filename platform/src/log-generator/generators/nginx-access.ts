/** Nginx.Access, which Apache's combined format equals. */
import { commonLogTime } from '../cast.ts';
import type { Generator } from '../generator.ts';
import { probing, visit, type WriteRequest } from '../web-traffic.ts';

export const writeCombined: WriteRequest = (_, { client, method, path, status, bytes, referrer, userAgent }) => {
  const rest = `"${method} ${path} HTTP/1.1" ${status} ${bytes} "${referrer}" "${userAgent}"`;
  return (time) => `${client} - - [${commonLogTime(time)}] ${rest}`;
};

export const nginxAccess: Generator = {
  logType: 'Nginx.Access',
  line: (random) => writeCombined(random, visit(random)),
  attacks: [probing(writeCombined)],
};
