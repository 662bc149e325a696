/**
 * The page's line to the broker: MQTT 3.1.1 over one WebSocket on the page's own origin.
 *
 * u8-mqtt does the packets (5 kB; mqtt.js is 105 kB, which is more than the whole page may weigh). It does not
 * resume by itself, so every attempt is a new socket and a new client, and this file decides when: at once on
 * the first loss, then after growing pauses, and sooner when the network or the person comes back. A line that
 * has been silent for SILENCE_MS is given up: it is pinged every PING_MS, so silence means half-open. (The
 * keep-alive is longer than that because browsers slow the timers of a hidden page down to one a minute.)
 *
 * Subscriptions are at QoS 0: what is late is of no use here. Commands go at QoS 1 (u8-mqtt 0.6.7 throws on a
 * publish at QoS 0) but are never sent again by themselves: each is answered by its own result.
 */

import { mqtt_v4, type Client, type Socket } from "u8-mqtt/esm/web/basic-v4.js";
import { Frames } from "./frames";

const KEEP_ALIVE_S = 60;
const PING_MS = 10_000;
const SILENCE_MS = 25_000;
const HANDSHAKE_MS = 8_000;
const PAUSES_MS = [300, 1000, 2000, 4000, 8000] as const;

export type LinkStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "up" }
  | { readonly kind: "down"; readonly why: string; readonly retryAt: number };

export interface Incoming {
  readonly topic: string;
  readonly text: string;
  readonly retained: boolean;
}

export interface LinkEvents {
  status(status: LinkStatus): void;
  message(message: Incoming): void;
}

export class Link {
  private attempt: Attempt | null = null;
  private losses = 0;
  private timer = 0;

  constructor(
    private readonly url: string,
    private readonly filters: readonly string[],
    private readonly events: LinkEvents,
  ) {}

  start(): void {
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.hurry();
    });
    this.open();
  }

  /** Send now, or not at all: false when there is no line. */
  publish(topic: string, text: string): boolean {
    return this.attempt?.publish(topic, text) ?? false;
  }

  private open(): void {
    this.events.status({ kind: "connecting" });
    this.attempt = new Attempt(this.url, this.filters, {
      up: () => {
        this.losses = 0;
        this.events.status({ kind: "up" });
      },
      message: (message) => this.events.message(message),
      over: (why) => this.lost(why),
    });
  }

  private lost(why: string): void {
    this.attempt = null;
    const pause = PAUSES_MS[Math.min(this.losses, PAUSES_MS.length - 1)] ?? 8000;
    const wait = pause * (0.8 + 0.4 * Math.random());
    this.losses += 1;
    this.events.status({ kind: "down", why, retryAt: performance.now() + wait });
    this.timer = window.setTimeout(() => this.open(), wait);
  }

  /** The network or the person is back: don't sit out the pause. */
  private hurry(): void {
    if (this.attempt !== null) return;
    window.clearTimeout(this.timer);
    this.open();
  }
}

interface AttemptEvents {
  up(): void;
  message(message: Incoming): void;
  /** Once, when this socket is of no more use. */
  over(why: string): void;
}

/** One socket with one client, from dialling to loss. */
class Attempt {
  private readonly socket: WebSocket;
  private readonly client: Client;
  private readonly watch: number;
  private readonly seen: Socket;
  private heardAt = performance.now();
  private pingedAt = performance.now();
  private ready = false;
  private done = false;

  constructor(
    url: string,
    private readonly filters: readonly string[],
    private readonly events: AttemptEvents,
  ) {
    const decoder = new TextDecoder();
    this.socket = new WebSocket(url, ["mqtt"]);
    this.socket.binaryType = "arraybuffer";
    this.client = mqtt_v4({
      on_mqtt_type: {
        mqtt_publish: ({ topic, payload, retain }) =>
          this.events.message({ topic, text: decoder.decode(payload), retained: retain }),
      },
    }).with({
      log_conn: () => undefined,
      on_live: () => undefined,
      on_error: (error: unknown) => this.end(`The line broke: ${String(error)}`),
    });
    this.seen = this.adapter();
    this.client.with_websock(this.seen);
    this.watch = window.setInterval(() => this.check(), 1000);
    void this.handshake();
  }

  publish(topic: string, text: string): boolean {
    if (!this.ready || this.socket.readyState !== WebSocket.OPEN) return false;
    void this.client.send(topic, text);
    return true;
  }

  /** The socket as u8-mqtt sees it: whole packets in, and its end when this class says so. */
  private adapter(): Socket {
    const frames = new Frames();
    const seen: Socket = {
      readyState: WebSocket.CONNECTING,
      binaryType: "arraybuffer",
      send: (bytes) => {
        if (this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes as Uint8Array<ArrayBuffer>);
      },
      onopen: null,
      onmessage: null,
      onerror: null,
      onclose: null,
    };
    this.socket.addEventListener("open", () => seen.onopen?.());
    this.socket.addEventListener("message", (event: MessageEvent<ArrayBuffer>) => {
      this.heardAt = performance.now();
      try {
        for (const packet of frames.feed(new Uint8Array(event.data))) {
          seen.onmessage?.({ data: packet.buffer as ArrayBuffer });
        }
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.end(`The broker sent what is not MQTT: ${error.message}`);
      }
    });
    this.socket.addEventListener("close", (event) => {
      this.end(event.reason || "Slowroll's page server does not answer");
    });
    return seen;
  }

  private async handshake(): Promise<void> {
    try {
      const client_id = Math.random().toString(36).slice(2, 10);
      await this.client.connect({ client_id, keep_alive: KEEP_ALIVE_S, flags: { clean_start: true } });
      const [suback] = await this.client.subscribe(this.filters);
      if (!suback?.answers?.every((answer) => answer.ok)) {
        throw new Error("the broker refused the subscription (its access rules?)");
      }
    } catch (error) {
      this.end(`The broker did not let the page in: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    if (this.done) return;
    this.ready = true;
    this.events.up();
  }

  private check(): void {
    const now = performance.now();
    const silence = now - this.heardAt;
    if (silence > SILENCE_MS) {
      this.end("Nothing was heard for a while");
    } else if (!this.ready) {
      if (silence > HANDSHAKE_MS) this.end("The broker took too long to answer");
    } else if (now - this.pingedAt >= PING_MS) {
      this.pingedAt = now;
      void this.client.ping();
    }
  }

  private end(why: string): void {
    if (this.done) return;
    this.done = true;
    this.ready = false;
    window.clearInterval(this.watch);
    this.socket.close();
    this.seen.onclose?.({ wasClean: true, code: 1000, reason: "" }); // stops u8-mqtt's own timer
    this.events.over(why);
  }
}
