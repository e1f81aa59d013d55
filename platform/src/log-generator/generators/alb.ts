/** AWS.ALB: a load balancer in front of two web servers. */
import { ACCOUNT, insideAddress, REGION } from '../cast.ts';
import type { Generator } from '../generator.ts';
import { probing, visit, type WriteRequest } from '../web-traffic.ts';

const GROUP = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:targetgroup/web/73e2d6bc24d8a067`;

const writeEntry: WriteRequest = (random, { client, method, path, status, bytes, userAgent }) => {
  const ends = `${client}:${random.int(32_768, 60_999)} ${insideAddress(random)}:8080`;
  const took = `0.000 ${(random.int(1, 200) / 1_000).toFixed(3)} 0.000`;
  const request = `"${method} https://www.example.com:443${path} HTTP/1.1" "${userAgent}"`;
  const tls = 'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2';
  const trace = `Root=1-${random.hex(8)}-${random.hex(24)}`;
  const numbers = `${took} ${status} ${status} ${random.int(100, 900)} ${bytes}`;
  return (time) => {
    const at = `${time.toISOString().slice(0, -1)}000Z`;
    const tail = `${GROUP} "${trace}" "www.example.com" "-" 0 ${at} "forward" "-" "-"`;
    return `https ${at} app/web/50dc6c495c0c9188 ${ends} ${numbers} ${request} ${tls} ${tail}`;
  };
};

export const alb: Generator = {
  logType: 'AWS.ALB',
  line: (random) => writeEntry(random, visit(random)),
  attacks: [probing(writeEntry)],
};
