/** Who calls AWS. */
import { type AwsSettings, awsClientConfig } from './aws-client.ts';
import { awsError } from './aws-error.ts';

export interface Caller {
  /** 12 digits. */
  readonly account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
}

export async function findCaller(settings: AwsSettings): Promise<Caller> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const sts = new STSClient(awsClientConfig(settings, 'sts'));
  try {
    const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { account: Account, partition: Arn.split(':')[1] || 'aws' };
  } catch (error) {
    throw awsError(error, 'cannot ask AWS for the account, which --account could name');
  } finally {
    sts.destroy();
  }
}
