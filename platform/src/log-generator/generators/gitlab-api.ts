/** GitLab.API: people and pipelines that use a GitLab server. */
import { addressOf, hostileAddress, PEOPLE, type Person, times } from '../cast.ts';
import type { Generator, LineAt } from '../generator.ts';
import type { Random } from '../random.ts';

interface ApiRequest {
  readonly path: string;
  readonly route: string;
  readonly status: number;
  readonly address: string;
  readonly person?: Person;
}

const ENDPOINTS = [
  { path: '/api/v4/projects', route: '/api/:version/projects' },
  { path: '/api/v4/projects/7/repository/branches', route: '/api/:version/projects/:id/repository/branches' },
  { path: '/api/v4/projects/12/pipelines', route: '/api/:version/projects/:id/pipelines' },
  { path: '/api/v4/projects/7/merge_requests', route: '/api/:version/projects/:id/merge_requests' },
  { path: '/api/v4/jobs/request', route: '/api/:version/jobs/request' },
  { path: '/api/v4/user', route: '/api/:version/user' },
] as const;

export const gitlabApi: Generator = {
  logType: 'GitLab.API',
  line(random) {
    const person = random.pick(PEOPLE);
    const status = random.chance(0.02) ? 404 : 200;
    return entry(random, { ...random.pick(ENDPOINTS), status, address: addressOf(random, person), person });
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

function entry(random: Random, { path, route, status, address, person }: ApiRequest): LineAt {
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
    ua: random.pick(['curl/8.5.0', 'gitlab-runner 18.1.0', 'python-requests/2.32.4']),
    route,
    ...(person !== undefined && { user_id: person.number, username: person.name, 'meta.user': person.name }),
    correlation_id: random.uuid(),
  };
  return (time) => JSON.stringify({ time: time.toISOString(), ...rest });
}
