/** Suricata.DNS: queries as the EVE log tells them. */

import { lookUp, RESOLVER, tunnelling, type WriteQuery } from '../dns-traffic.ts';
import type { Generator } from '../generator.ts';

const writeQuery: WriteQuery = (random, { client, port, name, type }) => {
  const rest = {
    flow_id: random.int(1, 2 ** 48),
    event_type: 'dns',
    src_ip: client,
    src_port: port,
    dest_ip: RESOLVER,
    dest_port: 53,
    proto: '017',
    dns: { version: 2, type: 'query', id: random.int(1, 65_535), rrname: name, rrtype: type, tx_id: 0 },
  };
  return (time) => JSON.stringify({ timestamp: `${time.toISOString().slice(0, -1)}000+0000`, ...rest });
};

export const suricataDns: Generator = {
  logType: 'Suricata.DNS',
  line: (random) => writeQuery(random, lookUp(random)),
  attacks: [tunnelling(writeQuery)],
};
