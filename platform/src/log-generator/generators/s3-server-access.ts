/** AWS.S3ServerAccess: reports that are read, and somebody who may not. */
import { ACCOUNT, addressOf, commonLogTime, hostileAddress, PEOPLE, times } from '../cast.ts';
import type { Generator, LineAt } from '../generator.ts';
import type { Random } from '../random.ts';

const OWNER = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';
const BUCKET = 'example-reports';

export const s3ServerAccess: Generator = {
  logType: 'AWS.S3ServerAccess',
  line(random) {
    const person = random.pick(PEOPLE);
    const role = random.pick(['ReadOnly', 'ReadOnly', 'Reporting']);
    const requester = `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${person.name}`;
    return entry(random, addressOf(random, person), requester, '200 -');
  },
  attacks: [
    {
      ruleId: 'AWS.S3.AccessDeniedBurst',
      lines(random) {
        const address = hostileAddress(random);
        return times(20, () => entry(random, address, '-', '403 AccessDenied'));
      },
    },
  ],
};

function entry(random: Random, address: string, requester: string, result: string): LineAt {
  const key = `2026/${random.int(1, 12)}/report-${random.int(1, 999)}.csv`;
  const size = random.int(500, 500_000);
  const id = random.hex(16).toUpperCase();
  const what = `REST.GET.OBJECT ${key} "GET /${BUCKET}/${key} HTTP/1.1" ${result} ${size} ${size} ${random.int(5, 90)} 4`;
  const tail = `"-" "aws-cli/2.27.0" - ${random.hex(44)}= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader`;
  const host = `${BUCKET}.s3.amazonaws.com TLSV1.2`;
  return (time) => `${OWNER} ${BUCKET} [${commonLogTime(time)}] ${address} ${requester} ${id} ${what} ${tail} ${host}`;
}
