/** A calibration from the page: what was asked for, where it stands, and how it ended (docs/calibrate.md). */

import type { Answer } from "./ask";
import type { Progress } from "./wire";
import { spoken } from "./words";

/** What can be calibrated, in the order to do it: what it needs, and how long it takes. */
export const WHATS = {
  gyro: "The roller on the floor, nobody walking by. 10 s.",
  axis: "1.5 m of smooth floor to roll it on, or 0.8 m to and fro. 20 s.",
  radius: "Two marks on a floor that grips, and the distance between them. 30 s.",
  force: "Two or more known masses, or a bathroom scale to press it on. 3 min.",
  span: "Yourself, on the roller: from one end of the muscle to the other. 1 min.",
} as const;
export type What = keyof typeof WHATS;
export type Step = "begin" | "look" | "mark" | "finish" | "cancel";

export interface Asked {
  readonly what: What;
  readonly tool?: string;
  readonly distance_m?: number;
  readonly muscle?: string;
}

/** One calibration, as far as the page knows. */
export interface Bench {
  readonly asked: Asked;
  readonly stands: "on" | "done" | "refused" | "cancelled";
  readonly progress: Progress | null;
  /** Why it was refused; while it is on, what became of the last step that did not get through. */
  readonly why: string;
  /** The step that `why` is about. */
  readonly whyOf: Step | null;
  /** The newest step that was answered: answers of older ones are old news. */
  readonly seq: number;
}

export function begun(asked: Asked, seq: number): Bench {
  return { asked, stands: "on", progress: null, why: "", whyOf: null, seq };
}

/** The bench after the answer to step number `seq`; as it was, where the answer is stale or about something else. */
export function taken(bench: Bench, step: Step, seq: number, answer: Answer<Progress>): Bench {
  if (bench.stands !== "on" || seq < bench.seq) return bench;
  if (answer.kind === "lost") {
    // Looking on would show what the bench was before, if the beginning never came there.
    if (step === "begin") return { ...bench, seq, stands: "refused", why: answer.why, whyOf: step };
    // That a mark did not get through stays to be read, also when the looks after it don't either.
    if (step === "look" && !fromLook(bench)) return { ...bench, seq };
    return { ...bench, seq, why: answer.why, whyOf: step };
  }
  const { data } = answer;
  if (data !== null && foreign(bench.asked, data)) {
    return taken(bench, step, seq, { kind: "lost", why: "The answer was about another calibration." });
  }
  const next = { ...bench, seq, progress: data ?? bench.progress };
  if (data?.step === "done") return { ...next, stands: "done", why: "", whyOf: null };
  if (answer.kind === "refused") {
    // A mark that makes no sense does not end it; that the station knows of no calibration does.
    const goesOn = data === null && (step === "mark" || step === "finish");
    const stands = goesOn ? "on" : data === null && step === "cancel" ? "cancelled" : "refused";
    return { ...next, stands, why: answer.why, whyOf: step };
  }
  if (step === "cancel") return { ...next, stands: "cancelled", why: "", whyOf: null };
  // What a person's step came to is to be read: a look that works again takes back only what looks said.
  return step === "look" && !fromLook(bench) ? next : { ...next, why: "", whyOf: null };
}

function fromLook(bench: Bench): boolean {
  return bench.whyOf === null || bench.whyOf === "look";
}

function foreign({ what, tool }: Asked, data: Progress): boolean {
  return data.what !== what || (tool !== undefined && data.tool !== tool);
}

export type AskStep = (fields: object) => Promise<Answer<Progress>>;

const LOOK_MS = 1000;

/** Asks the station, step by step, and looks once a second while a calibration is on. */
export class Calibrator {
  bench: Bench | null = null;
  private count = 0;
  /** Number of the step that began what is on. */
  private run = 0;
  private cancelling = false;

  constructor(
    private readonly ask: AskStep,
    private readonly changed: (bench: Bench | null) => void,
    private readonly later: (then: () => void, ms: number) => void,
  ) {}

  begin(asked: Asked): void {
    this.set(begun(asked, this.count + 1));
    this.run = this.count + 1;
    this.cancelling = false;
    void this.step("begin");
    this.watch(this.run);
  }

  /** Now: `kg` press on it, or here is an end of the muscle. */
  mark(kg?: number): void {
    void this.step("mark", kg === undefined ? {} : { kg });
  }

  finish(): void {
    void this.step("finish");
  }

  cancel(): void {
    this.cancelling = true;
    void this.step("cancel").then(() => (this.cancelling = false));
  }

  /** Look once a second, one at a time, until it is over or another one has begun. */
  private watch(run: number): void {
    let looking = false;
    const look = () => {
      if (run !== this.run || this.bench?.stands !== "on") return;
      if (!looking && !this.cancelling && this.bench.progress !== null) {
        looking = true;
        void this.step("look").then(() => (looking = false));
      }
      this.later(look, LOOK_MS);
    };
    this.later(look, LOOK_MS);
  }

  private async step(step: Step, fields: object = {}): Promise<void> {
    const { bench } = this;
    if (bench === null || bench.stands !== "on") return;
    this.count += 1;
    const seq = this.count;
    const { run } = this;
    const { what, tool } = bench.asked;
    const asked = step === "begin" ? bench.asked : tool === undefined ? { what } : { what, tool };
    const answer = await this.ask({ ...asked, ...fields, step });
    if (run === this.run && this.bench !== null) this.set(taken(this.bench, step, seq, answer));
  }

  private set(bench: Bench): void {
    this.bench = bench;
    this.changed(bench);
  }
}

/** Unit at the end of a live value's name -> what people read: scale, digits, unit. */
const UNITS: readonly (readonly [string, number, number, string])[] = [
  ["_rad_s", 57.29578, 2, "°/s"],
  ["_rad", 57.29578, 0, "°"],
  ["_v_v", 1000, 4, "mV/V"],
  ["_pa", 0.001, 2, "kPa"],
  ["_n", 1, 1, "N"],
  ["_m", 100, 1, "cm"],
  ["_s", 1, 1, "s"],
];

/** What the sensor shows now: "Gyro x 0.12 °/s". */
export function seen(live: Progress["live"]): readonly string[] {
  return Object.entries(live).map(([name, value]) => {
    if (name === "on_body") return value > 0 ? "On the body" : "Off the body";
    const unit = UNITS.find(([end]) => name.endsWith(end));
    if (unit === undefined) return `${spoken(name)} ${value.toFixed(2)}`;
    const [end, scale, digits, words] = unit;
    return `${spoken(name.slice(0, -end.length))} ${(value * scale).toFixed(digits)} ${words}`;
  });
}
