import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "../src/frames";

function packet(first: number, size: number): number[] {
  const length = size < 128 ? [size] : [(size & 0x7f) | 0x80, size >> 7];
  return [first, ...length, ...Array.from({ length: size }, (_, index) => index & 0xff)];
}

const stream = [...packet(0x20, 2), ...packet(0x30, 300), ...packet(0xd0, 0), ...packet(0x30, 5)];
const whole = [packet(0x20, 2), packet(0x30, 300), packet(0xd0, 0), packet(0x30, 5)];

test("packets come out whole, however the bytes were cut", () => {
  for (let size = 1; size <= stream.length; size += 1) {
    const frames = new Frames();
    const out: number[][] = [];
    for (let start = 0; start < stream.length; start += size) {
      const chunk = Uint8Array.from(stream.slice(start, start + size));
      out.push(...frames.feed(chunk).map((bytes) => [...bytes]));
    }
    deepEqual(out, whole, `cut every ${size} bytes`);
  }
});

test("what can't be MQTT is refused", () => {
  throws(() => new Frames().feed(Uint8Array.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])), RangeError);
  throws(() => new Frames().feed(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f])), RangeError);
});
