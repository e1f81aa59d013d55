/** GitLab.API: people and pipelines that use a GitLab server. */
import { hostileAddress, PEOPLE, times, usualAddress } from '../cast.ts';
import type { Generator, LineAt } from '../generator.ts';
import type { Random } from '../random.ts';

interface ApiRequest {
  readonly path: string;
  readonly route: string;
  readonly status: number;
  readonly address: string;
  readonly username?: string;
}

const ENDPOINTS = [
  { path: '/api/v4/projects', route: '/api/:version/projects' },
  { path: '/api/v4/projects/7/repository/branches', route: '/api/:version/projects/:id/repository/branches' },
  { path: '/api/v4/user', route: '/api/:version/user' },
] as const;

export const gitlabApi: Generator = {
  logType: 'GitLab.API',
  line(random) {
    const { name: username } = random.pick(PEOPLE);
    return entry(random, { ...random.pick(ENDPOINTS), status: 200, address: usualAddress(random), username });
  },
  attacks: [
    {
      ruleId: 'GitLab.API.DeniedBurst',
      lines(random) {
        const address = hostileAddress(random);
        return times(25, () => entry(random, { ...random.pick(ENDPOINTS), status: 401, address }));
      },
    },
  ],
};

function entry(random: Random, { path, route, status, address, username }: ApiRequest): LineAt {
  const rest = {
    severity: 'INFO',
    duration_s: random.int(5, 900) / 1_000,
    db_duration_s: random.int(1, 90) / 1_000,
    view_duration_s: random.int(1, 90) / 1_000,
    status,
    method: 'GET',
    path,
    params: [{ key: 'per_page', value: '20' }],
    host: 'git.example.com',
    remote_ip: address,
    ua: 'curl/8.5.0',
    route,
    ...(username === undefined ? {} : { user_id: username.length, username, 'meta.user': username }),
    correlation_id: random.uuid(),
  };
  return (time) => JSON.stringify({ time: time.toISOString(), ...rest });
}
