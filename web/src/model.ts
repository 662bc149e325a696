/**
 * What the page knows, and how it changes: pure functions of messages and local time.
 *
 * The rule that matters most: a stale value is never shown as live. A retained message is what somebody once
 * said; only fresh ones make values live, and they stop being live when the next is overdue.
 * Times here (`at`, `now`) are milliseconds of the browser's own monotonic clock.
 */

import type { Incoming, LinkStatus } from "./link";
import { place } from "./words";
import {
  isCue,
  isFault,
  isLive,
  isResult,
  isSessionDone,
  isSetDone,
  isState,
  type Cue,
  type Fault,
  type Live,
  type SessionDone,
  type SetDone,
  type State,
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
  | { readonly kind: "set"; readonly key: string; readonly at: number; readonly set: SetDone };

export interface Notice {
  readonly key: number;
  readonly at: number;
  readonly ok: boolean;
  readonly text: string;
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
    case "event/fault":
      if (!isFault(payload)) return null;
      return { ...model, faults: { ...model.faults, [payload.device]: payload } };
    case "event/recovered":
      return isFault(payload) ? { ...model, faults: without(model.faults, payload.device) } : null;
    default:
      return suffix.startsWith("result/") ? answered(model, payload, now) : model;
  }
}

function stated(before: Model, state: State, retained: boolean, now: number): Model {
  // The run's clock went back: Slowroll was started anew, and what was said before is over.
  const restarted = before.state !== null && state.t < before.state.value.t;
  const model = restarted ? { ...before, faults: {}, feed: [], live: {} } : before;
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
  const notices = next.notices.filter((notice) => now - notice.at < (notice.ok ? 4000 : 12_000));
  return notices.length === next.notices.length ? next : { ...next, notices };
}

let lastKey = 0;

export function noticed(model: Model, ok: boolean, text: string, at: number): Model {
  lastKey += 1;
  return { ...model, notices: [...model.notices.slice(-2), { key: lastKey, at, ok, text }] };
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
  if (health(model, now).kind !== "live") return null;
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
