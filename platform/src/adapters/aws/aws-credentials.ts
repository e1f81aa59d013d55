/** Credentials that are fetched once, again before they expire, and again when a service says that they have. */
import { errorMessage, UserError } from '../../core/errors.ts';
import type { AwsClientConfig, AwsSettings } from './aws-client.ts';
import { errorCode } from './aws-error.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

type Identity = AwsCredentials & { readonly expiration?: Date };

export interface CredentialsSource {
  (): Promise<Identity>;
  /** Tells the SDK not to keep what it got. */
  readonly memoized: true;
  /** The next call fetches them anew. */
  forget(): void;
}

type StsConfig = Omit<AwsClientConfig, 'credentials'>;

/** So long before their end credentials are fetched again. */
const REFRESH_MS = 300_000;

export function createCredentials(settings: AwsSettings, sts: StsConfig): CredentialsSource {
  let current: Promise<Identity> | undefined;
  const fetch = async (): Promise<Identity> => {
    const provide = await providerOf(settings, sts);
    return provide();
  };
  const get = async (): Promise<Identity> => {
    current ??= fetch();
    const attempt = current;
    try {
      const found = await attempt;
      if (!endsSoon(found)) return found;
    } catch (error) {
      if (current === attempt) current = undefined;
      throw error;
    }
    if (current === attempt) current = fetch();
    return current;
  };
  const forget = () => {
    current = undefined;
  };
  return Object.assign(get, { memoized: true as const, forget });
}

// The wall clock: what expires are credentials of a server.
const now = (): number => performance.timeOrigin + performance.now();

function endsSoon({ expiration }: Identity): boolean {
  return expiration !== undefined && expiration.getTime() - now() < REFRESH_MS;
}

async function providerOf(settings: AwsSettings, clientConfig: StsConfig): Promise<() => Promise<Identity>> {
  const { profile, roleArn, externalId, credentials } = settings;
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const own = credentials === undefined ? ofProfile(profile, fromNodeProviderChain) : undefined;
  if (roleArn === undefined) return own ?? (async () => settings.credentials as AwsCredentials);
  return fromTemporaryCredentials({
    masterCredentials: own ?? (credentials as AwsCredentials),
    params: {
      RoleArn: roleArn,
      RoleSessionName: 'panther',
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
    clientConfig,
  });
}

/** The chain tries one provider after the other, and at the end does not say what it looked for. */
function ofProfile(
  profile: string | undefined,
  chain: (init: { readonly profile?: string }) => () => Promise<Identity>,
): () => Promise<Identity> {
  if (profile === undefined) return chain({});
  const provide = chain({ profile });
  return async () => {
    try {
      return await provide();
    } catch (cause) {
      if (errorCode(cause) !== 'CredentialsProviderError') throw cause;
      const message = `the profile ${profile} gives no credentials: check ~/.aws/config, or log in (${errorMessage(cause)})`;
      throw new UserError(message, { field: 'aws.profile' }, { cause });
    }
  };
}
