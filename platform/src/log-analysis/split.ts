/** Cuts a stream of bytes into records: chooses the framing from the first bytes, and opens envelopes around records. */
import { JsonSplitter } from './splitters/json.ts';
import { LineSplitter } from './splitters/lines.ts';
import { OctetSplitter } from './splitters/octet.ts';
import type { RecordSink, Splitter } from './splitters/splitter.ts';

/** `lines`: a record per line. `json`: JSON documents in any layout, arrays and `Records` by element. `octet`: `<length> <bytes>`. */
export type Framing = 'lines' | 'json' | 'octet';

export interface SplitOptions {
  /** Default: found out from the name and the first bytes. */
  readonly framing?: Framing | undefined;
  readonly fileName: string;
  readonly maxRecordBytes: number;
}

/** So much is looked at, at most, to find out the framing. */
const HEAD_BYTES = 64 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Gives a splitter for one stream. Envelopes (`{"Records": […]}`, messages of a CloudWatch Logs subscription) inside
 * lines and documents are opened; the records inside have the envelope's offset.
 */
export function createSplitter(sink: RecordSink, options: SplitOptions): Splitter {
  const opened = openEnvelopes(sink, options.maxRecordBytes);
  let splitter: Splitter | undefined;
  let head: Buffer = Buffer.alloc(0);

  function start(isWhole: boolean): Splitter {
    const hasBom = head.subarray(0, BOM.length).equals(BOM);
    const bytes = hasBom ? head.subarray(BOM.length) : head;
    const framing = options.framing ?? detectFraming(bytes, options.fileName, isWhole);
    const made = make(framing, opened, options.maxRecordBytes, hasBom ? BOM.length : 0);
    if (bytes.length > 0) made.push(bytes);
    head = Buffer.alloc(0);
    return made;
  }

  return {
    push(chunk) {
      if (splitter !== undefined) return splitter.push(chunk);
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length >= HEAD_BYTES || (head.includes(10) && head.length >= BOM.length + 2)) splitter = start(false);
    },
    end() {
      splitter ??= start(true);
      splitter.end();
    },
  };
}

function make(framing: Framing, sink: RecordSink, maxRecordBytes: number, offset: number): Splitter {
  if (framing === 'octet') return new OctetSplitter(sink, maxRecordBytes, offset);
  if (framing === 'json') return new JsonSplitter(sink, maxRecordBytes, offset);
  return new LineSplitter(sink, maxRecordBytes, offset);
}

/** `head` is the start of the stream, all of it when `isWhole`. */
export function detectFraming(head: Buffer, fileName: string, isWhole: boolean): Framing {
  if (/\.octet(?:\.gz|\.zst)?$/.test(fileName)) return 'octet';
  const text = head.toString('latin1').trimStart();
  if (text.startsWith('['))
    return /^\[\s*[{\]]/.test(text) || /^\[\s*$/.test(text.split('\n', 1)[0] ?? '') ? 'json' : 'lines';
  if (!text.startsWith('{')) return 'lines';
  if (/^\{\s*"(?:Records"\s*:\s*\[|messageType"\s*:)/.test(text)) return 'json';
  const newline = text.indexOf('\n');
  const firstLine = (newline < 0 ? text : text.slice(0, newline)).trimEnd();
  const end = endOfObject(firstLine);
  if (end === firstLine.length) return 'lines';
  if (end > 0) return firstLine.slice(end).trimStart().startsWith('{') ? 'json' : 'lines';
  // A line that is not complete: a document over several lines breaks off after a bracket, a comma or a colon.
  const isBroken = newline >= 0 || isWhole;
  return isBroken && /[{[,:]$/.test(firstLine) ? 'json' : 'lines';
}

/** Where the object that the text starts with ends; -1 when it does not. */
function endOfObject(text: string): number {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === 92) at += 1;
      else if (code === 34) isInString = false;
    } else if (code === 34) {
      isInString = true;
    } else if (code === 123 || code === 91) {
      depth += 1;
    } else if (code === 125 || code === 93) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

const ENVELOPE = /^\s*\{\s*"(?:Records"\s*:\s*\[|messageType"\s*:)/;

function openEnvelopes(sink: RecordSink, maxRecordBytes: number): RecordSink {
  return {
    record(text, byteOffset, line) {
      // Nearly every record fails this first look: an envelope's first key starts with R or m.
      const first = text.charCodeAt(2);
      if (first !== 82 && first !== 109 && !(first <= 34 && ENVELOPE.test(text)))
        return sink.record(text, byteOffset, line);
      if (!ENVELOPE.test(text)) return sink.record(text, byteOffset, line);
      if (text.includes('"messageType"')) openSubscription(text, byteOffset, line, sink);
      else openRecords(text, byteOffset, line, sink, maxRecordBytes);
    },
    damaged: (...args) => sink.damaged(...args),
    oversize: (...args) => sink.oversize(...args),
  };
}

interface SubscriptionMessage {
  readonly messageType?: unknown;
  readonly logEvents?: unknown;
}

/** Messages of a CloudWatch Logs subscription. Control messages carry no logs. */
function openSubscription(text: string, byteOffset: number, line: number, sink: RecordSink): void {
  let message: SubscriptionMessage;
  try {
    message = JSON.parse(text) as SubscriptionMessage;
  } catch {
    sink.record(text, byteOffset, line);
    return;
  }
  if (message.messageType === 'CONTROL_MESSAGE') return;
  if (message.messageType !== 'DATA_MESSAGE' || !Array.isArray(message.logEvents)) {
    sink.record(text, byteOffset, line);
    return;
  }
  for (const event of message.logEvents as readonly { readonly message?: unknown }[]) {
    const inner = event?.message;
    sink.record(typeof inner === 'string' ? inner : JSON.stringify(event), byteOffset, line);
  }
}

function openRecords(text: string, byteOffset: number, line: number, sink: RecordSink, maxRecordBytes: number): void {
  const inner: RecordSink = {
    record: (record) => sink.record(record, byteOffset, line),
    damaged: (bytes, _offset, _line, reason) => sink.damaged(bytes, byteOffset, line, reason),
    oversize: () => sink.oversize(byteOffset, line),
  };
  const splitter = new JsonSplitter(inner, maxRecordBytes, byteOffset);
  splitter.push(Buffer.from(text));
  splitter.end();
}
