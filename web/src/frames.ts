/**
 * Cuts a stream of bytes into whole MQTT packets.
 *
 * The broker's bytes arrive in pieces as TCP cut them. u8-mqtt 0.6.7 stalls after a packet that came in two
 * pieces (it goes on waiting for as many bytes as that one had), so it is given whole packets only.
 */

/** Largest packet taken, in bytes; more means that the stream is not MQTT. */
export const PACKET_LIMIT = 1_000_000;

export class Frames {
  private rest = new Uint8Array(0);

  /** The packets that are whole now, in order. Throws RangeError on what can't be MQTT. */
  feed(chunk: Uint8Array): Uint8Array[] {
    let bytes = chunk;
    if (this.rest.length > 0) {
      bytes = new Uint8Array(this.rest.length + chunk.length);
      bytes.set(this.rest);
      bytes.set(chunk, this.rest.length);
    }
    const packets: Uint8Array[] = [];
    let start = 0;
    for (let end = packetEnd(bytes, start); end !== null; end = packetEnd(bytes, start)) {
      packets.push(bytes.slice(start, end));
      start = end;
    }
    this.rest = bytes.slice(start);
    return packets;
  }
}

/** Where the packet that begins at `start` ends, or null while it isn't whole. */
function packetEnd(bytes: Uint8Array, start: number): number | null {
  let length = 0;
  for (let index = 1; index <= 4; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (index - 1);
    if (byte < 0x80) {
      if (length > PACKET_LIMIT) throw new RangeError(`a packet of ${length} bytes`);
      const end = start + index + 1 + length;
      return end <= bytes.length ? end : null;
    }
  }
  throw new RangeError("a packet length of more than four bytes");
}
