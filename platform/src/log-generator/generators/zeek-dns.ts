/** Zeek.DNS, as its JSON writer gives it. */

import { lookUp, RESOLVER, tunnelling, type WriteQuery } from '../dns-traffic.ts';
import type { Generator } from '../generator.ts';

const TYPE_NUMBERS = { A: 1, AAAA: 28, TXT: 16 } as const;

const writeQuery: WriteQuery = (random, { client, port, name, type }) => {
  const rest = {
    uid: `C${random.text(17, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')}`,
    'id.orig_h': client,
    'id.orig_p': port,
    'id.resp_h': RESOLVER,
    'id.resp_p': 53,
    proto: 'udp',
    trans_id: random.int(1, 65_535),
    query: name,
    qclass: 1,
    qclass_name: 'C_INTERNET',
    qtype: TYPE_NUMBERS[type],
    qtype_name: type,
    rcode: 0,
    rcode_name: 'NOERROR',
    AA: false,
    TC: false,
    RD: true,
    RA: true,
    Z: 0,
    rejected: false,
  };
  return (time) => JSON.stringify({ ts: time.getTime() / 1_000, ...rest });
};

export const zeekDns: Generator = {
  logType: 'Zeek.DNS',
  line: (random) => writeQuery(random, lookUp(random)),
  attacks: [tunnelling(writeQuery)],
};
