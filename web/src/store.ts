/** Holds the model and tells who shows it; and sends commands, each with an id that its result brings back. */

import { heard, linked, noticed, ticked, told, EMPTY, type Model } from "./model";
import { Link } from "./link";

/** Payload fields of the commands that the page sends (docs/contract.md). */
export interface Commands {
  readonly select: { readonly muscle: string; readonly side?: string; readonly tool?: string };
  readonly next: object;
  readonly spot: object;
  readonly rate: { readonly value: number; readonly when: "before" | "after" };
  readonly run_finished: { readonly minutes_ago: number };
  readonly quiet: { readonly on: boolean };
  readonly tare: object;
  readonly end: object;
  readonly pain: object;
}

/** `label` names the command in its answer; `unsent` is what to say when there is no connection. */
export type Tell = <K extends keyof Commands>(
  command: K,
  fields: Commands[K],
  label: string,
  unsent?: string,
) => void;

const TOPICS = [
  "availability",
  "state",
  "live",
  "session/last",
  "event/cue",
  "event/set",
  "event/session",
  "event/fault",
  "event/recovered",
  "result/+",
] as const;

export class Store {
  model: Model = EMPTY;
  private readonly link: Link;
  private readonly base: string;
  private readonly page = Math.random().toString(36).slice(2, 10);
  private count = 0;

  constructor(
    url: string,
    station: string,
    private readonly changed: () => void,
  ) {
    this.base = `slowroll/${station}/`;
    this.link = new Link(
      url,
      TOPICS.map((suffix) => this.base + suffix),
      {
        status: (status) => this.set(linked(this.model, status)),
        message: (message) => {
          const suffix = message.topic.slice(this.base.length);
          this.set(heard(this.model, suffix, message, performance.now()));
        },
      },
    );
  }

  start(): void {
    this.link.start();
    window.setInterval(() => this.set(ticked(this.model, performance.now())), 250);
  }

  readonly tell: Tell = (command, fields, label, unsent = `${label}: not sent, there is no connection`) => {
    this.count += 1;
    const id = `${this.page}-${this.count}`;
    const sent = this.link.publish(`${this.base}cmd/${command}`, JSON.stringify({ ...fields, id }));
    const now = performance.now();
    this.set(sent ? told(this.model, id, label, now) : noticed(this.model, false, unsent, now));
  };

  private set(model: Model): void {
    this.model = model;
    this.changed();
  }
}
