/** Holds the model and tells who shows it; and sends commands, each with an id that its result brings back. */

import { fetchHelp } from "./help";
import { NOT_SENT, Questions, type Answer } from "./ask";
import { Calibrator } from "./calibrate";
import { ANSWER_MS, heard, linked, noticed, ticked, told, EMPTY, type Model } from "./model";
import { Link } from "./link";
import { isProgress, type Check } from "./wire";

/** Payload fields of the commands that the page sends (docs/contract.md). */
export interface Commands {
  readonly select: { readonly muscle: string; readonly side?: string; readonly tool?: string };
  readonly routine: { readonly name: string; readonly muscle?: string };
  readonly profile: { readonly name: string };
  readonly next: object;
  readonly back: object;
  readonly repeat: object;
  readonly undo: object;
  readonly acknowledge: object;
  readonly spot: object;
  readonly rate: { readonly value: number; readonly when: "before" | "after" };
  readonly soreness: { readonly value: number };
  readonly run_finished: { readonly minutes_ago?: number; readonly at?: string; readonly effort?: number };
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
  "history",
  "diagnostics",
  "spots",
  "event/cue",
  "event/rating",
  "event/phase",
  "event/advice",
  "event/spot",
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
  /** The profile that was on when the help was asked for last. */
  private helpFor: string | null = null;
  private asking = false;
  private readonly questions = new Questions();
  readonly calibrator = new Calibrator(
    (fields) => this.ask("calibrate", fields, isProgress),
    (bench) => this.set({ ...this.model, bench }),
    (then, ms) => window.setTimeout(then, ms),
  );

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
        status: (status) => {
          this.set(linked(this.model, status));
          if (status.kind !== "up") this.questions.cut();
          if (status.kind === "up" && typeof this.model.help === "string") this.askHelp();
        },
        message: (message) => {
          const suffix = message.topic.slice(this.base.length);
          this.set(heard(this.model, suffix, message, performance.now()));
          if (suffix.startsWith("result/")) this.questions.heard(message.text);
          this.followProfile();
        },
      },
    );
  }

  start(): void {
    this.askHelp();
    this.link.start();
    window.setInterval(() => {
      this.questions.ticked(performance.now());
      this.set(ticked(this.model, performance.now()));
    }, 250);
  }

  readonly tell: Tell = (command, fields, label, unsent = `${label}: not sent, there is no connection`) => {
    const id = this.nextId();
    const sent = this.link.publish(`${this.base}cmd/${command}`, JSON.stringify({ ...fields, id }));
    const now = performance.now();
    this.set(sent ? told(this.model, id, label, now) : noticed(this.model, false, unsent, now));
  };

  /** A command whose answer, with its data, is for who sent it; no notice tells of it. */
  private ask<T>(command: string, fields: object, check: Check<T>): Promise<Answer<T>> {
    const id = this.nextId();
    const sent = this.link.publish(`${this.base}cmd/${command}`, JSON.stringify({ ...fields, id }));
    if (!sent) return Promise.resolve({ kind: "lost", why: NOT_SENT });
    return this.questions.expect(id, check, performance.now() + ANSWER_MS);
  }

  private nextId(): string {
    this.count += 1;
    return `${this.page}-${this.count}`;
  }

  /** The help's numbers are a profile's: ask anew, once, when another one is on. */
  private followProfile(): void {
    const { help, state } = this.model;
    const profile = state?.value.profile ?? null;
    if (help === null || typeof help === "string" || profile === null) return;
    if (help.profile !== profile && this.helpFor !== profile) this.askHelp();
  }

  /** At the start, on another profile, and after a loss when it could not be had. */
  private askHelp(): void {
    if (this.asking) return;
    this.asking = true;
    this.helpFor = this.model.state?.value.profile ?? null;
    void fetchHelp().then((help) => {
      this.asking = false;
      this.set({ ...this.model, help });
    });
  }

  private set(model: Model): void {
    this.model = model;
    this.changed();
  }
}
