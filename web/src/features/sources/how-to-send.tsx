import type { Source } from '@panther/platform/contract';
import { CopyBox } from '../../components/copy.tsx';
import { humanName } from '../../components/names.ts';
import styles from './sources.module.css';

interface HowToSendProps {
  readonly source: Source;
  /** What the API made up; it is never shown again. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** The command or the place with which logs get into a source. */
export function HowToSend({ source, secrets = {} }: HowToSendProps) {
  const names = Object.keys(secrets);
  return (
    <div className={styles.created}>
      {names.length > 0 && (
        <p className={styles.warning}>Copy what is below now: Panther keeps it encrypted and never shows it again.</p>
      )}
      {names.map((name) => (
        <div key={name}>
          <h3>{humanName(name)}</h3>
          <CopyBox text={secrets[name] ?? ''} label={humanName(name)} />
        </div>
      ))}
      <SendCommand source={source} token={bearerOf(secrets)} />
      <div>
        <h3>With the command line</h3>
        <CopyBox text={`panther ingest --source ${shellWord(source.name)} FILE…`} label="ingest command" />
      </div>
    </div>
  );
}

function SendCommand({ source, token }: { readonly source: Source; readonly token: string | undefined }) {
  const { endpoint } = source;
  if (endpoint === null)
    return <p>Put files into the place that the source watches. Files that are there already are read, too.</p>;
  if (!endpoint.startsWith('/')) {
    return (
      <div>
        <h3>Send logs to</h3>
        <CopyBox text={endpoint} label="address" />
      </div>
    );
  }
  return (
    <div>
      <h3>Send a file with curl</h3>
      <CopyBox text={curlCommand(new URL(endpoint, window.location.href).href, token)} label="curl command" />
    </div>
  );
}

/** Any generated secret that stands in the header `Authorization`, not one that signs. */
function bearerOf(secrets: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(secrets).find(([name]) => /token/i.test(name))?.[1];
}

/** A command that sends a file to an HTTP source. */
export function curlCommand(url: string, token: string | undefined): string {
  return [
    `curl --fail-with-body ${url} \\`,
    `  -H 'Authorization: Bearer ${token ?? '<token>'}' \\`,
    `  -H 'Content-Type: application/octet-stream' \\`,
    '  --data-binary @FILE',
  ].join('\n');
}

function shellWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
