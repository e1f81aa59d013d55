/** Publishes to a topic of SNS by its ARN, with the answer to each entry of a batch. */
import type { SNSClient } from '@aws-sdk/client-sns';
import type { RawContent, RawFailure } from '../../ports/raw-queue.ts';
import { awsError } from './aws-error.ts';
import { rawAttributes, rawFailure } from './sqs-raw-queue.ts';

export interface SnsRawTopic {
  /** At most ten. */
  publish(topicArn: string, messages: readonly RawContent[]): Promise<readonly RawFailure[]>;
}

export async function openSnsRawTopic(sns: SNSClient): Promise<SnsRawTopic> {
  const { PublishBatchCommand } = await import('@aws-sdk/client-sns');
  return {
    async publish(topicArn, messages) {
      const PublishBatchRequestEntries = messages.map(({ body, attributes }, index) => {
        return { Id: String(index), Message: body, MessageAttributes: rawAttributes(attributes) };
      });
      try {
        const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries });
        const { Failed } = await sns.send(command);
        return (Failed ?? []).map(rawFailure);
      } catch (error) {
        throw awsError(error, `cannot publish to ${topicArn}`);
      }
    },
  };
}
