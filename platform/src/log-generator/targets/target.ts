/** Where generated logs go. A target is told of one file at a time by each of its callers. */

export interface LogFile {
  readonly logType: string;
  /** `2026-01-02T03` */
  readonly hour: string;
  /** Without `.gz`. */
  readonly name: string;
  /** Whole rows; read once. */
  readonly chunks: AsyncIterable<Buffer>;
}

export interface LogTarget {
  /**
   * Resolves to the number of bytes that were sent or stored, compressed where the target compresses, once they are
   * safe there. An aborted signal of the target ends the file early or rejects.
   *
   * @throws ExternalError when the other side fails; UserError when it refuses.
   */
  write(file: LogFile): Promise<number>;
  close(): Promise<void>;
}

/** `<prefix>/<LogType>/<YYYY-MM-DDThh>/<filename>.gz` */
export function objectKey(prefix: string, { logType, hour, name }: LogFile, isCompressed: boolean): string {
  const folder = prefix.replace(/\/+$/, '');
  return `${folder === '' ? '' : `${folder}/`}${logType}/${hour}/${name}${isCompressed ? '.gz' : ''}`;
}
