/** What is published of one object of the processed data: the notification, and by which attributes it is filtered. */
import { UserError } from '../../core/errors.ts';
import { tableName } from '../../core/ids.ts';
import { encodeKey, type NotifiedObject, safeJson } from '../s3queue/notification.ts';

export interface PublishedAttributes {
  /** `LogData`, `RuleMatches`, `RuleErrors` or `CloudSecurity`. */
  readonly type: string;
  /** Log type. */
  readonly id: string;
}

/** As the log processor publishes it for a new object. */
export function publishedEvent({ bucket, key, sizeBytes }: NotifiedObject): string {
  const s3 = { bucket: { name: bucket }, object: { key: encodeKey(key), size: sizeBytes } };
  return safeJson({
    Records: [{ eventVersion: '2.0', eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3 }],
  });
}

/** By the first part of a key; `rules` is what an older Panther wrote. */
const DATA_TYPES: Readonly<Record<string, string>> = {
  logs: 'LogData',
  rules: 'RuleMatches',
  rule_matches: 'RuleMatches',
  rule_errors: 'RuleErrors',
  cloud_security: 'CloudSecurity',
};

/** What is in the tables of cloud security, which have no schema of logs. */
const CLOUD_SECURITY = ['Resource.History', 'Compliance.History'];

/** @throws UserError for a key that is in no table of a known log type. */
export function createAttributesOf(logTypes: Iterable<string>): (key: string) => PublishedAttributes {
  const byTable = new Map([...logTypes, ...CLOUD_SECURITY].map((name) => [tableName(name), name]));
  return (key) => {
    const [prefix = '', table = ''] = key.split('/');
    const type = Object.hasOwn(DATA_TYPES, prefix) ? DATA_TYPES[prefix] : undefined;
    if (type === undefined) {
      const known = Object.keys(DATA_TYPES).join(', ');
      throw new UserError(`${key}: "${prefix}" is no kind of processed data; keys begin with one of ${known}`);
    }
    const id = byTable.get(table);
    if (id === undefined) throw new UserError(`${key}: no log type has the table "${table}"; name it with --log-type`);
    return { type, id };
  };
}
