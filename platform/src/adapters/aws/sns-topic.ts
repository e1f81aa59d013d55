/**
 * Topics of SNS that fan out to queues of SQS: raw delivery, filters on attributes. `publish` resolves when SNS has the
 * message on its disks; it is in the queues shortly after, and SNS tries for days where one does not take it.
 */
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { UserError } from '../../core/errors.ts';
import type { Topic, TopicFilter } from '../../ports/topic.ts';
import { awsError } from './aws-error.ts';
import { refusal, stringAttribute } from './sqs-messages.ts';
import type { SqsQueue } from './sqs-queue.ts';

export interface SnsTopicOptions {
  readonly sns: SNSClient;
  /** To let a topic send to a queue. */
  readonly sqs: SQSClient;
  readonly queue: Pick<SqsQueue, 'address'>;
  /** Stands before the names of the topics. */
  readonly topicPrefix?: string;
  /** Makes topics that do not exist. */
  readonly createMissing?: boolean;
}

export interface SnsTopic extends Topic {
  /** @throws UserError when it does not exist and is not to be made */
  ensure(topic: string): Promise<void>;
  close(): Promise<void>;
}

const MAX_MESSAGE_BYTES = 262_144;

export async function openSnsTopic(options: SnsTopicOptions): Promise<SnsTopic> {
  const { sns, sqs, queue, topicPrefix = '', createMissing = true } = options;
  const sdk = await import('@aws-sdk/client-sns');
  const { GetQueueAttributesCommand, SetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
  const arns = new Map<string, Promise<string>>();

  async function call<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw awsError(error, `cannot ${what}`);
    }
  }

  function arnOf(topic: string): Promise<string> {
    const Name = topicPrefix + topic;
    const create = async () => (await sns.send(new sdk.CreateTopicCommand({ Name }))).TopicArn ?? '';
    const find = () => (createMissing ? call(`create the topic ${Name}`, create) : findArn(Name));
    const arn = arns.get(topic) ?? find();
    arns.set(topic, arn);
    arn.catch(() => arns.delete(topic));
    return arn;
  }

  async function findArn(name: string): Promise<string> {
    return call(`find the topic ${name}`, async () => {
      for await (const { Topics = [] } of sdk.paginateListTopics({ client: sns }, {})) {
        const found = Topics.find(({ TopicArn }) => TopicArn?.endsWith(`:${name}`));
        if (found?.TopicArn !== undefined) return found.TopicArn;
      }
      throw new UserError(`there is no topic ${name}: create it, or allow it with createMissing: true`);
    });
  }

  async function allow(topicArn: string, to: { readonly url: string; readonly arn: string }): Promise<void> {
    const command = new GetQueueAttributesCommand({ QueueUrl: to.url, AttributeNames: ['Policy'] });
    const { Attributes } = await sqs.send(command);
    const Policy = policyWith(Attributes?.Policy, topicArn, to.arn);
    if (Policy !== Attributes?.Policy)
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: to.url, Attributes: { Policy } }));
  }

  async function findSubscription(TopicArn: string, queueArn: string): Promise<string | undefined> {
    for await (const { Subscriptions = [] } of sdk.paginateListSubscriptionsByTopic({ client: sns }, { TopicArn })) {
      const found = Subscriptions.find(({ Endpoint }) => Endpoint === queueArn);
      if (found?.SubscriptionArn !== undefined) return found.SubscriptionArn;
    }
    return undefined;
  }

  async function subscribe(topic: string, name: string, filter: TopicFilter): Promise<void> {
    const TopicArn = await arnOf(topic);
    const to = await queue.address(name);
    await call(`subscribe ${name} to ${topicPrefix}${topic}`, async () => {
      await allow(TopicArn, to);
      const wanted = { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify(filter) };
      const SubscriptionArn = await findSubscription(TopicArn, to.arn);
      if (SubscriptionArn === undefined) {
        const subscription = { TopicArn, Protocol: 'sqs', Endpoint: to.arn, Attributes: wanted };
        await sns.send(new sdk.SubscribeCommand(subscription));
        return;
      }
      for (const [AttributeName, AttributeValue] of Object.entries(wanted)) {
        const change = { SubscriptionArn, AttributeName, AttributeValue };
        await sns.send(new sdk.SetSubscriptionAttributesCommand(change));
      }
    });
  }

  async function unsubscribe(topic: string, name: string): Promise<void> {
    const TopicArn = await arnOf(topic);
    const { arn } = await queue.address(name);
    await call(`unsubscribe ${name} from ${topicPrefix}${topic}`, async () => {
      const SubscriptionArn = await findSubscription(TopicArn, arn);
      if (SubscriptionArn !== undefined) await sns.send(new sdk.UnsubscribeCommand({ SubscriptionArn }));
    });
  }

  async function publish(topic: string, message: Parameters<Topic['publish']>[1]): Promise<void> {
    const bytes = Buffer.byteLength(message.body);
    const reason = bytes > MAX_MESSAGE_BYTES ? `it has ${bytes} bytes, more than ${MAX_MESSAGE_BYTES}` : undefined;
    const refused = reason ?? refusal(message, false);
    if (refused !== undefined) throw new UserError(`topic ${topicPrefix}${topic} takes no such message: ${refused}`);
    const TopicArn = await arnOf(topic);
    const MessageAttributes = Object.fromEntries(Object.entries(message.attributes ?? {}).map(stringAttribute));
    const command = new sdk.PublishCommand({ TopicArn, Message: message.body, MessageAttributes });
    await call(`publish to ${topicPrefix}${topic}`, () => sns.send(command));
  }

  return {
    ensure: async (topic) => void (await arnOf(topic)),
    subscribe: (topic, name, filter = {}) => subscribe(topic, name, filter),
    unsubscribe,
    publish,
    close: async () => sns.destroy(),
  };
}

interface Statement {
  readonly Sid?: string;
}

/** The policy of a queue, with the topic allowed to send; the same text when it is already. */
function policyWith(policy: string | undefined, topicArn: string, queueArn: string): string {
  const statement = {
    Sid: `panther-${topicArn.split(':').at(-1)}`.replace(/[^A-Za-z0-9]/g, ''),
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
  };
  const now = policy ? (JSON.parse(policy) as { Statement?: Statement | Statement[] }) : {};
  const statements = [now.Statement ?? []].flat();
  if (policy && statements.some(({ Sid }) => Sid === statement.Sid)) return policy;
  return JSON.stringify({ Version: '2012-10-17', ...now, Statement: [...statements, statement] });
}
