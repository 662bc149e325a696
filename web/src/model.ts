/**
 * What the page knows, and how it changes: pure functions of messages and local time.
 *
 * The rule that matters most: a stale value is never shown as live. A retained message is what somebody once
 * said; only fresh ones make values live, and they stop being live when the next is overdue.
 * Times here (`at`, `now`) are milliseconds of the browser's own monotonic clock.
 */

import type { Bench } from "./calibrate";
import type { Incoming, LinkStatus } from "./link";
import type { HelpState } from "./help";
import { adviceTone, HANDS, place, spoken, type Tone } from "./words";
import {
  isAdvice,
  isCue,
  isDiagnostics,
  isFault,
  isHistory,
  isLive,
  isPhaseChange,
  isRating,
  isResult,
  isSessionDone,
  isSetDone,
  isSpotEvent,
  isSpotMap,
  isState,
  type CalibrationNote,
  type Cue,
  type Fault,
  type History,
  type Live,
  type Rating,
  type SessionDone,
  type SetDone,
  type State,
  type Step,
  type TenderSpot,
} from "./wire";

/** `live` comes at 10 Hz; ten missed are a second. */
export const LIVE_FRESH_MS = 1000;
/** `state` comes every 5 s at least; two missed and a little. */
export const STATE_FRESH_MS = 12_000;
/** A result is due at once; after this the command is called unanswered. */
export const ANSWER_MS = 5000;
const FEED_LENGTH = 12;

interface Seen<T> {
  readonly value: T;
  readonly at: number;
}

export type FeedItem =
  | { readonly kind: "cue"; readonly key: string; readonly at: number; readonly cue: Cue }
  | { readonly kind: "set"; readonly key: string; readonly at: number; readonly set: SetDone }
  | {
      readonly kind: "note";
      readonly key: string;
      readonly at: number;
      readonly tone: Tone;
      readonly words: string;
      readonly source: string;
    };

/** How tender a muscle was said to be; what was not said, or was taken back, is null. */
export interface Rated {
  readonly muscle: string | null;
  readonly side: string | null;
  readonly before: number | null;
  readonly after: number | null;
}

export interface Notice {
  readonly key: number;
  readonly at: number;
  readonly ok: boolean;
  readonly text: string;
  /** When it goes by itself. */
  readonly until: number;
}

interface Pending {
  readonly label: string;
  readonly at: number;
}

export interface Model {
  readonly link: LinkStatus;
  readonly online: boolean | null;
  /** `retained`: not said since this line is up, so of unknown age. */
  readonly state: (Seen<State> & { readonly retained: boolean }) | null;
  readonly live: Readonly<Record<string, Seen<Live>>>;
  readonly feed: readonly FeedItem[];
  readonly faults: Readonly<Record<string, Fault>>;
  readonly session: SessionDone | null;
  readonly pending: Readonly<Record<string, Pending>>;
  readonly notices: readonly Notice[];
  readonly strange: string | null;
  /** What the phase's last change said; lost on a reload, as nobody keeps it. */
  readonly phaseWords: { readonly phase: string; readonly words: string; readonly source: string } | null;
  /** By muscle and side, as they were said since the page was opened. */
  readonly rated: Readonly<Record<string, Rated>>;
  readonly spots: readonly TenderSpot[];
  readonly history: History | null;
  readonly help: HelpState;
  /** What the station says is calibrated, and since when; null where it does not say. */
  readonly calibrated: readonly CalibrationNote[] | null;
  /** The calibration that this page began last. */
  readonly bench: Bench | null;
}

export const EMPTY: Model = {
  link: { kind: "connecting" },
  online: null,
  state: null,
  live: {},
  feed: [],
  faults: {},
  session: null,
  pending: {},
  notices: [],
  strange: null,
  phaseWords: null,
  rated: {},
  spots: [],
  history: null,
  help: null,
  calibrated: null,
  bench: null,
};

export function linked(model: Model, link: LinkStatus): Model {
  if (link.kind === "up") return { ...model, link };
  // What was known of the other side is old news until it says so again, also once the line is back.
  const state = model.state === null ? null : { ...model.state, retained: true };
  return { ...model, link, online: null, state, live: {} };
}

/** Take in one message; `suffix` is what follows `slowroll/<station>/`. */
export function heard(model: Model, suffix: string, message: Incoming, now: number): Model {
  if (suffix === "availability") {
    return { ...model, online: message.text === "online" };
  }
  let payload: unknown;
  try {
    payload = JSON.parse(message.text);
  } catch {
    return { ...model, strange: suffix };
  }
  const next = understood(model, suffix, payload, message.retained, now);
  if (next === null) return { ...model, strange: suffix };
  return next.strange === suffix ? { ...next, strange: null } : next;
}

/** The model after a payload, or null when the payload is not of its topic's shape. */
function understood(
  model: Model,
  suffix: string,
  payload: unknown,
  retained: boolean,
  now: number,
): Model | null {
  switch (suffix) {
    case "state":
      return isState(payload) ? stated(model, payload, retained, now) : null;
    case "live":
      if (!isLive(payload)) return null;
      return { ...model, live: { ...model.live, [payload.tool]: { value: payload, at: now } } };
    case "event/cue":
      return isCue(payload) ? cued(model, payload, now) : null;
    case "event/set":
      if (!isSetDone(payload)) return null;
      return fed(model, { kind: "set", key: `set ${payload.t}`, at: now, set: payload });
    case "event/session":
    case "session/last":
      return isSessionDone(payload) ? { ...model, session: payload } : null;
    case "event/rating":
      return isRating(payload) ? ratedNow(model, payload, now) : null;
    case "event/phase": {
      if (!isPhaseChange(payload)) return null;
      const { phase, words, source } = payload;
      const told = noticed({ ...model, phaseWords: { phase, words, source } }, true, words, now, LONG_NOTICE_MS);
      return noted(told, `phase ${payload.t}`, "go", words, source, now);
    }
    case "event/advice":
      if (!isAdvice(payload)) return null;
      return noted(model, `advice ${payload.t} ${payload.topic}`, adviceTone(payload.topic), payload.words, payload.source, now);
    case "event/spot": {
      if (!isSpotEvent(payload)) return null;
      const what = payload.removed ? "Tender spot taken back" : payload.by === "hold" ? "Tender spot held" : "Tender spot marked";
      const where = place(payload.muscle ?? null, payload.side ?? null);
      const rated = payload.rating === null ? "" : `, rated ${payload.rating}`;
      const words = `${what}: ${where ?? "no muscle"}, ${(payload.position_m * 100).toFixed(0)} cm${rated}`;
      return noted(model, `spot ${payload.t} ${payload.removed === true}`, "go", words, "", now);
    }
    case "spots":
      return isSpotMap(payload) ? { ...model, spots: payload.spots } : null;
    case "history":
      return isHistory(payload) ? { ...model, history: payload } : null;
    case "diagnostics":
      return isDiagnostics(payload) ? { ...model, calibrated: payload.calibrations ?? null } : null;
    case "event/fault":
      if (!isFault(payload)) return null;
      return { ...model, faults: { ...model.faults, [payload.device]: payload } };
    case "event/recovered":
      return isFault(payload) ? { ...model, faults: without(model.faults, payload.device) } : null;
    default:
      return suffix.startsWith("result/") ? answered(model, payload, now) : model;
  }
}

function noted(model: Model, key: string, tone: Tone, words: string, source: string, at: number): Model {
  return fed(model, { kind: "note", key, at, tone, words, source });
}

/** A rating, or the taking back of one. "before" begins a new pair. */
function ratedNow(model: Model, rating: Rating, now: number): Model {
  const muscle = rating.muscle ?? null;
  const side = rating.side ?? null;
  const sore = rating.kind === "soreness";
  const back = rating.removed ? ", taken back" : "";
  const what = sore ? "Soreness of the legs" : `${place(muscle, side) ?? "No muscle"} ${rating.when} rolling`;
  const key = `rating ${rating.t} ${rating.removed === true}`;
  const next = noted(model, key, "go", `${what}: ${rating.value} of 10${back}`, "", now);
  if (sore) return next;
  const id = `${muscle} ${side}`;
  const known = model.rated[id] ?? { muscle, side, before: null, after: null };
  const value = rating.removed ? null : rating.value;
  const pair =
    rating.when === "before" ? { ...known, before: value, ...(rating.removed ? {} : { after: null }) } : { ...known, after: value };
  const rated = pair.before === null && pair.after === null ? without(model.rated, id) : { ...model.rated, [id]: pair };
  return { ...next, rated };
}

function stated(before: Model, state: State, retained: boolean, now: number): Model {
  // The run's clock went back: Slowroll was started anew, and what was said before is over.
  const restarted = before.state !== null && state.t < before.state.value.t;
  const model = restarted ? { ...before, faults: {}, feed: [], live: {}, rated: {}, phaseWords: null } : before;
  // The state is the authority: a fault older than it that it doesn't name is over.
  const faults = Object.fromEntries(
    Object.entries(model.faults).filter(
      ([device, fault]) => fault.t > state.t || state.faults.some((text) => text.includes(device)),
    ),
  );
  const next = { ...model, state: { value: state, at: now, retained }, faults };
  // How old a retained state is can't be told, and so neither how old its cue is.
  if (state.last_cue === null || retained) return next;
  return cued(next, state.last_cue, now - Math.max(0, state.t - state.last_cue.t) * 1000);
}

function cued(model: Model, cue: Cue, at: number): Model {
  return fed(model, { kind: "cue", key: `cue ${cue.t} ${cue.cue}`, at, cue });
}

/** Add to the feed, newest first; what is in it already stays as it is. */
function fed(model: Model, item: FeedItem): Model {
  if (model.feed.some((known) => known.key === item.key)) return model;
  const feed = [item, ...model.feed].sort((a, b) => b.at - a.at).slice(0, FEED_LENGTH);
  return { ...model, feed };
}

function answered(model: Model, payload: unknown, now: number): Model | null {
  if (!isResult(payload)) return null;
  const pending = payload.id === null ? undefined : model.pending[payload.id];
  if (payload.id === null || pending === undefined) return model; // somebody else's command
  const text = payload.ok ? pending.label : `${pending.label}: ${payload.why || "refused"}`;
  return noticed({ ...model, pending: without(model.pending, payload.id) }, payload.ok, text, now);
}

/** A command was handed to the line; its answer is due. */
export function told(model: Model, id: string, label: string, now: number): Model {
  return { ...model, pending: { ...model.pending, [id]: { label, at: now } } };
}

/** Time passes: unanswered commands and old notices go. */
export function ticked(model: Model, now: number): Model {
  let next = model;
  for (const [id, pending] of Object.entries(model.pending)) {
    if (now - pending.at > ANSWER_MS) {
      next = { ...next, pending: without(next.pending, id) };
      next = noticed(next, false, `${pending.label}: Slowroll did not answer`, now);
    }
  }
  const notices = next.notices.filter((notice) => now < notice.until);
  return notices.length === next.notices.length ? next : { ...next, notices };
}

let lastKey = 0;

const NOTICE_MS = 4000;
/** A refusal is read twice; a change of phase is long. */
const LONG_NOTICE_MS = 12_000;

export function noticed(model: Model, ok: boolean, text: string, at: number, ms = ok ? NOTICE_MS : LONG_NOTICE_MS): Model {
  lastKey += 1;
  return { ...model, notices: [...model.notices.slice(-2), { key: lastKey, at, ok, text, until: at + ms }] };
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

export interface Health {
  readonly kind: "live" | "waiting" | "stale" | "away" | "cut";
  readonly title: string;
  readonly text: string;
}

/** Whether what is shown is live; if not, why, in words. */
export function health(model: Model, now: number): Health {
  const { link, state } = model;
  if (link.kind === "connecting") return { kind: "cut", title: "Connecting", text: "Connecting to Slowroll" };
  if (link.kind === "down") {
    const wait = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
    return { kind: "cut", title: "Not connected", text: `${link.why}. Next try in ${wait} s.` };
  }
  if (model.online === false) {
    return { kind: "away", title: "Slowroll is off", text: "The program on the roller's machine is not running." };
  }
  if (state === null || state.retained) {
    return { kind: "waiting", title: "Waiting", text: "Connected; waiting for Slowroll's first report." };
  }
  const age = now - state.at;
  if (age > STATE_FRESH_MS) {
    const text = `Nothing has come from Slowroll for ${Math.floor(age / 1000)} s.`;
    return { kind: "stale", title: "No news", text };
  }
  return { kind: "live", title: "Live", text: "" };
}

/** The newest live message that may be shown as live: the selected tool's, else the newest of any. */
export function freshLive(model: Model, now: number): Live | null {
  if (health(model, now).kind !== "live" || byHand(model)) return null;
  const fresh = Object.values(model.live).filter((seen) => now - seen.at <= LIVE_FRESH_MS);
  const selected = fresh.find((seen) => seen.value.tool === model.state?.value.tool);
  const best = selected ?? fresh.sort((a, b) => b.at - a.at)[0];
  return best?.value ?? null;
}

/** Faults in words, with what to do where it is known; each device once. */
export function faultLines(model: Model): readonly { readonly what: string; readonly hint: string }[] {
  const known = Object.values(model.faults);
  const lines = known.map((fault) => ({ what: `${fault.device}: ${fault.what}`, hint: fault.hint }));
  for (const text of model.state?.value.faults ?? []) {
    if (!known.some((fault) => text.includes(fault.device))) lines.push({ what: text, hint: "" });
  }
  return lines;
}

export function newestCue(model: Model): { readonly cue: Cue; readonly at: number; readonly key: string } | null {
  for (const item of model.feed) if (item.kind === "cue") return item;
  return null;
}

/** What is being worked on: "Left calf", or null when nothing is chosen. */
export function target(model: Model): string | null {
  const state = model.state?.value;
  return state === undefined ? null : place(state.muscle, state.side);
}

/** Whether the hands are the tool: timed, and nothing of what a sensor says is about it. */
export function byHand(model: Model): boolean {
  return model.state?.value.tool === HANDS;
}

/** Of the plan: the set that is on, and the one after it; null where there is none. */
export function planned(model: Model): { readonly number: number; readonly now: Step | null; readonly next: Step | null } {
  const steps = model.state?.value.plan?.steps ?? [];
  const index = steps.findIndex((step) => step.state === "now");
  const next = steps.find((step, at) => at > index && step.state === "next") ?? null;
  return { number: index + 1, now: steps[index] ?? null, next };
}

/** Tender spots of what is worked on. */
export function spotsHere(model: Model): readonly TenderSpot[] {
  const state = model.state?.value;
  if (state === undefined || state.muscle === null) return [];
  return model.spots.filter((spot) => spot.muscle === state.muscle && spot.side === state.side);
}

export interface Way {
  readonly spot: TenderSpot;
  /** Metres from here to the spot; its sign is the direction along the muscle. */
  readonly left_m: number;
  readonly words: string;
}

/** Slower than this a direction is not one, m/s: where a movement begins (docs/contract.md). */
const MOVING_M_S = 0.015;
/** Nearer than this is on it, metres: half the hold window. */
const ON_IT_M = 0.01;

/** The nearest tender spot of the muscle, and whether the tool goes there. */
export function wayToSpot(model: Model, live: Live | null): Way | null {
  const here = live?.position_m ?? null;
  if (live === null || here === null) return null;
  const distance = (spot: TenderSpot) => Math.abs(spot.position_m - here);
  const [spot] = [...spotsHere(model)].sort((a, b) => distance(a) - distance(b));
  if (spot === undefined) return null;
  const left_m = spot.position_m - here;
  const cm = `${(Math.abs(left_m) * 100).toFixed(0)} cm`;
  let words: string;
  if (Math.abs(left_m) <= Math.max(ON_IT_M, spot.position_sd_m)) words = "On the tender spot";
  else if (Math.abs(live.speed_m_s) < MOVING_M_S) words = `Tender spot ${cm} away`;
  else words = left_m * live.speed_m_s > 0 ? `Tender spot ${cm} ahead` : `Tender spot ${cm} behind`;
  return { spot, left_m, words };
}

/** The step of a plan in words: "Right calf". */
export function stepName(step: Step): string {
  return place(step.muscle, step.side) ?? spoken(step.muscle);
}
