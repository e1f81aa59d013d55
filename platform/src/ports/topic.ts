/** Fan-out of a message to queues: SNS, or directly into the embedded queues. */

/** Told of each new object of the processed data, with the attributes `type` (`LogData`, …) and `id` (the log type). */
export const PROCESSED_DATA_TOPIC = 'panther-processed-data-notifications';

/** Every named attribute must equal one of the listed values. */
export type TopicFilter = Readonly<Record<string, readonly string[]>>;

export interface Topic {
  /** Idempotent: a queue has one subscription per topic; the last filter wins. */
  subscribe(topic: string, queue: string, filter?: TopicFilter): Promise<void>;
  unsubscribe(topic: string, queue: string): Promise<void>;
  /** Resolves once every matching queue has the message; they keep body and attributes as they are. */
  publish(
    topic: string,
    message: { readonly body: string; readonly attributes?: Readonly<Record<string, string>> },
  ): Promise<void>;
}
