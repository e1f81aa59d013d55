import type { DraftCheck, DraftMessage } from '@panther/platform/contract';
import { CircleCheck } from 'lucide-react';
import { Badge } from '../../components/badge.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import styles from './editor.module.css';

interface ProblemsProps {
  readonly check: Parameters<typeof Loaded<DraftCheck>>[0]['query'];
  /** Goes to the line. */
  readonly onGo: (message: DraftMessage) => void;
}

/** What the check found, in both files; a click goes to the line. */
export function Problems({ check, onGo }: ProblemsProps) {
  return (
    <Loaded query={check} lines={3}>
      {({ messages }) =>
        messages.length === 0 ? (
          <Empty title="No problems" icon={<CircleCheck aria-hidden />} />
        ) : (
          <ul className={styles.problems}>
            {messages.map((message) => (
              <li key={`${message.file} ${message.line} ${message.message}`}>
                <Problem message={message} onGo={onGo} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

interface ProblemProps extends Pick<ProblemsProps, 'onGo'> {
  readonly message: DraftMessage;
}

function Problem({ message, onGo }: ProblemProps) {
  const isError = message.severity === 'error';
  return (
    <button type="button" onClick={() => onGo(message)}>
      <Badge tone={isError ? 'bad' : 'warn'}>{isError ? 'Error' : 'Warning'}</Badge>
      <span>{message.message}</span>
      <span className={styles.counts}>
        {message.file === 'yaml' ? 'specification' : 'code'}, line {message.line}
      </span>
    </button>
  );
}
