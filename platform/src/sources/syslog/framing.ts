/**
 * Messages in a TCP stream of syslog (RFC 6587): `<length> <message>`, or ended by a line feed. Which of the two a sender
 * uses is seen from its first bytes. Pure: bytes in, messages out.
 */

const LINE_FEED = 0x0a;
const MAX_LENGTH_DIGITS = 10;

export interface FramingEvents {
  message(bytes: Buffer): void;
  /** A message over the limit is given in pieces: its length when the sender said it, else -1. */
  startLarge(length: number): void;
  large(piece: Buffer): void;
  endLarge(): void;
}

export interface Framing {
  push(chunk: Buffer): void;
  /** The sender is gone; what it left is a message. */
  end(): void;
}

export function createFraming(events: FramingEvents, maxMessageBytes: number): Framing {
  let held: Buffer = Buffer.alloc(0);
  let chosen: Framing | undefined;

  function choose(isEnd: boolean): void {
    const head = held.subarray(0, MAX_LENGTH_DIGITS + 2).toString('latin1');
    // A message starts with its priority; so digits are a length only when `<` follows.
    const isOctetCounted = /^[1-9]\d{0,9} </.test(head);
    if (!isOctetCounted && !isEnd && /^([1-9]\d{0,9} ?)?$/.test(head)) return;
    chosen = isOctetCounted ? new OctetCounted(events, maxMessageBytes) : new LineFeedEnded(events, maxMessageBytes);
    chosen.push(held);
    held = Buffer.alloc(0);
  }

  return {
    push(chunk) {
      if (chosen) return chosen.push(chunk);
      held = Buffer.concat([held, chunk]);
      choose(false);
    },
    end() {
      if (chosen === undefined && held.length > 0) choose(true);
      chosen?.end();
    },
  };
}

/** Collects the bytes of one message; over the limit they are passed on at once. */
class Message {
  readonly #events: FramingEvents;
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isLarge = false;

  constructor(events: FramingEvents, maxBytes: number) {
    this.#events = events;
    this.#maxBytes = maxBytes;
  }

  /** @param length of the whole message, -1 when nobody knows */
  add(piece: Buffer, length: number): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    if (!this.#isLarge && Math.max(this.#bytes, length) > this.#maxBytes) {
      this.#isLarge = true;
      this.#events.startLarge(length);
      for (const earlier of this.#pieces) this.#events.large(earlier);
      this.#pieces = [];
    }
    if (this.#isLarge) this.#events.large(piece);
    else this.#pieces.push(piece);
  }

  finish(): void {
    if (this.#isLarge) this.#events.endLarge();
    else this.#emit(Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.#bytes = 0;
    this.#isLarge = false;
  }

  #emit(bytes: Buffer): void {
    const message = withoutTrailer(bytes);
    if (message.length > 0) this.#events.message(message);
  }
}

class LineFeedEnded implements Framing {
  readonly #message: Message;

  constructor(events: FramingEvents, maxBytes: number) {
    this.#message = new Message(events, maxBytes);
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#message.add(chunk.subarray(start, end), -1);
      this.#message.finish();
      start = end + 1;
    }
    this.#message.add(chunk.subarray(start), -1);
  }

  end(): void {
    this.#message.finish();
  }
}

class OctetCounted implements Framing {
  readonly #message: Message;
  readonly #fallback: LineFeedEnded;
  #digits = '';
  #length = -1;
  #left = 0;
  #isLost = false;

  constructor(events: FramingEvents, maxBytes: number) {
    this.#message = new Message(events, maxBytes);
    this.#fallback = new LineFeedEnded(events, maxBytes);
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isLost)
      at = this.#length < 0 ? this.#readLength(chunk, at) : this.#read(chunk, at);
    if (this.#isLost) this.#fallback.push(chunk.subarray(at));
  }

  #readLength(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const character = String.fromCharCode(chunk[at] ?? 0);
      if (character === ' ' && this.#digits !== '') {
        this.#length = this.#left = Number(this.#digits);
        this.#digits = '';
        return at + 1;
      }
      // Some senders put a line feed between frames.
      if (character === '\n' && this.#digits === '') continue;
      if (!/\d/.test(character) || this.#digits.length >= MAX_LENGTH_DIGITS) return this.#lose(at);
      this.#digits += character;
    }
    return chunk.length;
  }

  /** Not a length where one should be: what follows is taken line by line, so that nothing is lost. */
  #lose(at: number): number {
    this.#isLost = true;
    this.#fallback.push(Buffer.from(this.#digits));
    return at;
  }

  #read(chunk: Buffer, from: number): number {
    const end = Math.min(from + this.#left, chunk.length);
    this.#message.add(chunk.subarray(from, end), this.#length);
    this.#left -= end - from;
    if (this.#left === 0) {
      this.#message.finish();
      this.#length = -1;
    }
    return end;
  }

  end(): void {
    if (this.#isLost) this.#fallback.end();
    else if (this.#length >= 0) this.#message.finish();
    else if (this.#digits !== '') {
      this.#message.add(Buffer.from(this.#digits), -1);
      this.#message.finish();
    }
  }
}

/** Senders end messages with line feeds, carriage returns or NUL besides the framing. */
export function withoutTrailer(message: Buffer): Buffer {
  let end = message.length;
  while (end > 0 && [0x00, LINE_FEED, 0x0d].includes(message[end - 1] ?? -1)) end--;
  return message.subarray(0, end);
}
