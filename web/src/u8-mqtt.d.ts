// The part of u8-mqtt that link.ts uses; the package brings no types of its own.

declare module "u8-mqtt/esm/web/basic-v4.js" {
  export interface Packet {
    readonly type: string;
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly retain: boolean;
    readonly answers?: readonly { readonly ok: boolean }[];
  }

  /** What the client needs of a WebSocket; it sets the four handlers itself. */
  export interface Socket {
    readyState: number;
    binaryType: string;
    send(bytes: Uint8Array): void;
    onopen: (() => void) | null;
    onmessage: ((event: { data: ArrayBuffer }) => void) | null;
    onerror: (() => void) | null;
    onclose: ((event: { wasClean: boolean; code: number; reason: string }) => void) | null;
  }

  export interface Client {
    with(hooks: Record<string, (...args: never[]) => unknown>): Client;
    with_websock(socket: Socket): Client;
    connect(packet: {
      client_id: string;
      keep_alive: number;
      flags: { clean_start: boolean };
    }): Promise<unknown>;
    /** Resolves to [the SUBACK], or to [undefined, "expired"] after some seconds without one. */
    subscribe(topics: readonly string[]): Promise<readonly [Packet?, string?]>;
    ping(): Promise<unknown>;
    /** Publish at QoS 1, once; resolves with the PUBACK or after some seconds without one. */
    send(topic: string, payload: string): Promise<unknown>;
  }

  export function mqtt_v4(options: { on_mqtt_type: { mqtt_publish(packet: Packet): void } }): Client;
}
