/** Okta.SystemLog: sign-ins and applications of a small company. */
import { addressOf, hostileAddress, INTRUDER, PEOPLE, type Person, times } from '../cast.ts';
import type { Generator, LineAt } from '../generator.ts';
import type { Random } from '../random.ts';

interface What {
  readonly eventType: string;
  readonly displayMessage: string;
  readonly outcome: { readonly result: string; readonly reason: string | null };
  readonly target?: readonly object[];
  readonly debugData?: object;
}

const SUCCESS = { result: 'SUCCESS', reason: null };
const APPLICATIONS = ['Wiki', 'Payroll', 'Travel', 'Source code'] as const;

const ORDINARY = [
  { eventType: 'user.session.start', displayMessage: 'User login to Okta', outcome: SUCCESS },
  { eventType: 'user.session.end', displayMessage: 'User logout from Okta', outcome: SUCCESS },
  ...APPLICATIONS.map((name, index) => ({
    eventType: 'user.authentication.sso',
    displayMessage: 'User single sign on to app',
    outcome: SUCCESS,
    target: [{ id: `0oa1example${index}`, type: 'AppInstance', alternateId: name, displayName: name }],
  })),
  {
    eventType: 'policy.evaluate_sign_on',
    displayMessage: 'Evaluation of sign-on policy',
    outcome: { result: 'ALLOW', reason: 'Sign-on policy evaluation resulted in ALLOW' },
  },
] as const satisfies readonly [What, ...What[]];

export const oktaSystemLog: Generator = {
  logType: 'Okta.SystemLog',
  line(random) {
    const actor = random.pick(PEOPLE);
    return event(random, actor, addressOf(random, actor), random.pick<readonly [What, ...What[]]>(ORDINARY));
  },
  attacks: [
    {
      ruleId: 'Okta.SignInBruteForce',
      lines(random) {
        const address = hostileAddress(random);
        const outcome = { result: 'FAILURE', reason: 'INVALID_CREDENTIALS' };
        const failure = { eventType: 'user.session.start', displayMessage: 'User login to Okta', outcome };
        return times(12, () => event(random, random.pick(PEOPLE), address, failure));
      },
    },
    {
      ruleId: 'Okta.AdminRoleAssigned',
      lines(random) {
        const grant = {
          eventType: 'user.account.privilege.grant',
          displayMessage: 'Grant user privilege',
          outcome: SUCCESS,
          target: [target(INTRUDER)],
          debugData: { privilegeGranted: random.pick(['Super administrator', 'Application administrator']) },
        };
        return [event(random, random.pick(PEOPLE), hostileAddress(random), grant)];
      },
    },
  ],
};

function target({ name, displayName, email }: Person): object {
  return { id: `00u1${name}`, type: 'User', alternateId: email, displayName };
}

function programOf(userAgent: string): { os: string; browser: string } {
  if (userAgent.includes('Firefox')) return { os: 'Linux', browser: 'FIREFOX' };
  return userAgent.includes('Macintosh')
    ? { os: 'Mac OS X', browser: 'SAFARI' }
    : { os: 'Windows 10', browser: 'CHROME' };
}

function event(random: Random, actor: Person, ip: string, what: What): LineAt {
  const { city, country, lat, lon } = actor.place;
  const rest = {
    eventType: what.eventType,
    version: '0',
    severity: 'INFO',
    displayMessage: what.displayMessage,
    actor: target(actor),
    client: {
      userAgent: { rawUserAgent: actor.browser, ...programOf(actor.browser) },
      zone: 'null',
      device: 'Computer',
      ipAddress: ip,
      geographicalContext: { city, country, geolocation: { lat, lon } },
    },
    request: { ipChain: [{ ip, version: 'V4' }] },
    outcome: what.outcome,
    target: what.target ?? null,
    transaction: { type: 'WEB', id: random.hex(24), detail: {} },
    debugContext: { debugData: { requestId: random.hex(24), ...what.debugData } },
    authenticationContext: { authenticationStep: 0, externalSessionId: random.hex(20) },
    securityContext: { asNumber: 64_496, asOrg: 'Example', isp: 'Example', domain: 'example.net', isProxy: false },
  };
  const uuid = random.uuid();
  return (time) => JSON.stringify({ uuid, published: time.toISOString(), ...rest });
}
