/** Syslog.RFC3164 and Syslog.RFC5424: Linux servers with SSH, sudo and cron. */
import { addressOf, bsdTime, hostileAddress, PEOPLE, times } from '../cast.ts';
import type { Generator, LineAt } from '../generator.ts';
import type { Random } from '../random.ts';

interface Message {
  readonly host: string;
  /** Facility times 8 plus severity. */
  readonly priority: number;
  readonly program: string;
  readonly pid: number;
  readonly text: string;
}

type Write = (message: Message) => LineAt;

const HOSTS = ['web-1', 'web-2', 'db-1'] as const;
const COMMANDS = [
  '/bin/ls',
  '/bin/systemctl status nginx',
  '/usr/bin/journalctl -u orders',
  '/usr/bin/apt update',
] as const;

const writeRfc3164: Write = ({ host, priority, program, pid, text }) => {
  return (time) => `<${priority}>${bsdTime(time)} ${host} ${program}[${pid}]: ${text}`;
};

const writeRfc5424: Write = ({ host, priority, program, pid, text }) => {
  return (time) => `<${priority}>1 ${time.toISOString()} ${host}.example.com ${program} ${pid} - - ${text}`;
};

function ordinary(random: Random): Message {
  const person = random.pick(PEOPLE);
  const { name } = person;
  const common = { host: random.pick(HOSTS), pid: random.int(300, 32_000) };
  const key = `ED25519 SHA256:${random.hex(43)}`;
  const port = random.int(32_768, 60_999);
  return random.pick([
    {
      ...common,
      priority: 38,
      program: 'sshd',
      text: `Accepted publickey for ${name} from ${addressOf(random, person)} port ${port} ssh2: ${key}`,
    },
    {
      ...common,
      priority: 86,
      program: 'sudo',
      text: `${name} : TTY=pts/0 ; PWD=/home/${name} ; USER=root ; COMMAND=${random.pick(COMMANDS)}`,
    },
    { ...common, priority: 78, program: 'cron', text: '(root) CMD (run-parts /etc/cron.hourly)' },
    { ...common, priority: 30, program: 'systemd', text: 'Started session of the user manager.' },
    { ...common, priority: 30, program: 'systemd', text: 'logrotate.service: Deactivated successfully.' },
    { ...common, priority: 38, program: 'sshd', text: `Disconnected from user ${name} ${person.address} port ${port}` },
  ]);
}

function generator(logType: string, write: Write): Generator {
  return {
    logType,
    line: (random) => write(ordinary(random)),
    attacks: [
      {
        ruleId: 'Syslog.SSHBruteForce',
        lines(random) {
          const [address, host, pid] = [hostileAddress(random), random.pick(HOSTS), random.int(300, 32_000)];
          return times(12, () => {
            const user = random.pick(['root', 'invalid user admin', 'invalid user test', 'invalid user oracle']);
            const text = `Failed password for ${user} from ${address} port ${random.int(32_768, 60_999)} ssh2`;
            return write({ host, pid, priority: 38, program: 'sshd', text });
          });
        },
      },
    ],
  };
}

export const syslogRfc3164 = generator('Syslog.RFC3164', writeRfc3164);
export const syslogRfc5424 = generator('Syslog.RFC5424', writeRfc5424);
