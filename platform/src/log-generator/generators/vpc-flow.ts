/** AWS.VPCFlow, version 2: clients of a web service, its calls to others, and scans. */
import { ACCOUNT, hostileAddress, insideAddress, times, usualAddress } from '../cast.ts';
import type { Generator, LineAt } from '../generator.ts';
import type { Random } from '../random.ts';

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly packets: number;
  readonly action: 'ACCEPT' | 'REJECT';
}

const SCANNED = [21, 22, 23, 25, 110, 139, 445, 1433, 2375, 3306, 3389, 5432, 5900, 6379, 8080, 9200, 11211, 27017];

export const vpcFlow: Generator = {
  logType: 'AWS.VPCFlow',
  header:
    'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status',
  line(random) {
    const [outside, inside] = [usualAddress(random), insideAddress(random)];
    const [service, client] = [random.pick([443, 443, 443, 80, 5432]), random.int(32_768, 60_999)];
    const common = { packets: random.int(4, 400), action: 'ACCEPT' } as const;
    return random.chance(0.5)
      ? flow(random, { ...common, from: outside, to: inside, fromPort: client, toPort: service })
      : flow(random, { ...common, from: inside, to: outside, fromPort: service, toPort: client });
  },
  attacks: [
    {
      ruleId: 'AWS.VPCFlow.PortScan',
      lines(random) {
        const [from, to] = [hostileAddress(random), insideAddress(random)];
        return times(40, (index) => {
          const toPort = SCANNED[index % SCANNED.length] ?? 22;
          const fromPort = random.int(40_000, 60_000);
          return flow(random, { from, to, fromPort, toPort, packets: 1, action: 'REJECT' });
        });
      },
    },
  ],
};

function flow(random: Random, { from, to, fromPort, toPort, packets, action }: Flow): LineAt {
  const card = `eni-0${random.pick(['a1b2c3d4e5f60718', 'b2c3d4e5f6071829'])}`;
  const bytes = packets * random.int(44, 1_400);
  const lasts = random.int(1, 59);
  return (time) => {
    const start = Math.floor(time.getTime() / 1_000);
    const ends = `${from} ${to} ${fromPort} ${toPort}`;
    return `2 ${ACCOUNT} ${card} ${ends} 6 ${packets} ${bytes} ${start} ${start + lasts} ${action} OK`;
  };
}
