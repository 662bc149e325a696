/**
 * What comes over MQTT, as far as the page reads it: one check a payload, and its type from the check.
 *
 * Topics are public, so anything may come. A payload that doesn't fit is not shown; fields that the page does
 * not know are left alone. Names and units are docs/contract.md's: SI, `t` in seconds on the run's clock.
 */

export type Check<T> = (value: unknown) => value is T;
type Of<C> = C extends Check<infer T> ? T : never;

const num: Check<number> = (value): value is number => typeof value === "number" && Number.isFinite(value);
export const str: Check<string> = (value): value is string => typeof value === "string";
const bool: Check<boolean> = (value): value is boolean => typeof value === "boolean";

function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

/** What an older program does not send: absent, or null. */
function maybe<T>(check: Check<T>): Check<T | null | undefined> {
  return (value): value is T | null | undefined => value === null || value === undefined || check(value);
}

export function list<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(check);
}

export function shape<S extends Record<string, Check<unknown>>>(
  fields: S,
): Check<{ readonly [K in keyof S]: Of<S[K]> }> {
  return (value): value is { readonly [K in keyof S]: Of<S[K]> } =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name] ?? null));
}

/** Names that the page does not know beforehand, each with a number. */
const table: Check<Readonly<Record<string, number>>> = (value): value is Readonly<Record<string, number>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(num);

const rgb: Check<readonly [number, number, number]> = (value): value is readonly [number, number, number] =>
  Array.isArray(value) && value.length === 3 && value.every(num);

export const isCue = shape({
  t: num,
  tool: maybe(str),
  cue: str,
  words: str,
  reason: shape({ value: orNull(num), limit: orNull(num), unit: str, source: str }),
});
export type Cue = Of<typeof isCue>;

const isTool = shape({
  tool: str,
  kind: str,
  state: str,
  on_body: bool,
  force_n: orNull(num),
  load: orNull(num),
  mean_speed_limit_m_s: maybe(num),
  live_speed_limit_m_s: maybe(num),
  force_low_n: maybe(num),
  force_high_n: maybe(num),
});

const isBrief = shape({
  muscle: orNull(str),
  side: orNull(str),
  tool: orNull(str),
  work_s: num,
  passes: num,
  holds: num,
  in_guidance: orNull(num),
});
export type SetBrief = Of<typeof isBrief>;

const isStep = shape({ muscle: str, side: str, tool: str, kind: str, set_s: num, state: str, why: str });
export type Step = Of<typeof isStep>;

const isPlan = shape({
  routine: str,
  title: str,
  steps: list(isStep),
  explained: list(str),
  total_s: num,
  left_s: num,
});
export type Plan = Of<typeof isPlan>;

const isCard = shape({
  muscle: str,
  title: str,
  muscles: list(str),
  position: str,
  start: str,
  end: str,
  lanes: list(str),
  more: str,
  note: str,
  keep_off: str,
  source: str,
});
export type Card = Of<typeof isCard>;

export const isAdvice = shape({
  t: num,
  topic: str,
  words: str,
  source: str,
  muscle: maybe(str),
  side: maybe(str),
});
export type Advice = Of<typeof isAdvice>;

export const isState = shape({
  t: num,
  tools: list(isTool),
  muscle: orNull(str),
  side: orNull(str),
  tool: orNull(str),
  phase: str,
  profile: str,
  set: orNull(shape({ work_s: num, target_s: num, passes: num, holds: num, in_guidance: orNull(num) })),
  session: orNull(shape({ work_s: num, in_guidance: orNull(num), sets: list(isBrief) })),
  last_cue: orNull(isCue),
  pain: bool,
  quiet: bool,
  faults: list(str),
  hold_done_s: num,
  hold_enough_s: num,
  acknowledged: maybe(bool),
  plan: maybe(isPlan),
  card: maybe(isCard),
  lane: maybe(str),
  advice: maybe(list(isAdvice)),
  starting_light: maybe(bool),
  resting: maybe(bool),
  breathe_in_s: maybe(num),
  breathe_out_s: maybe(num),
  run_ago_s: maybe(num),
  sore: maybe(bool),
  ask_soreness: maybe(bool),
  due: maybe(bool),
});
export type State = Of<typeof isState>;

export const isLive = shape({
  tool: str,
  speed_m_s: num,
  limits: shape({
    mean_speed_m_s: num,
    live_speed_m_s: num,
    force_low_n: orNull(num),
    force_high_n: orNull(num),
  }),
  force_n: orNull(num),
  load: orNull(num),
  position_m: maybe(num),
  state: str,
  hold_s: num,
  led: rgb,
  haptic: num,
});
export type Live = Of<typeof isLive>;

export const isSetDone = shape({
  t: num,
  muscle: orNull(str),
  side: orNull(str),
  tool: orNull(str),
  work_s: num,
  passes: num,
  holds: num,
  in_guidance: orNull(num),
});
export type SetDone = Of<typeof isSetDone>;

export const isSessionDone = shape({
  start: num,
  sets: list(isSetDone),
  work_s: num,
  in_guidance: orNull(num),
  ended: str,
  advice: list(str),
});
export type SessionDone = Of<typeof isSessionDone>;

export const isRating = shape({
  t: num,
  muscle: maybe(str),
  side: maybe(str),
  value: num,
  when: str,
  kind: maybe(str),
  removed: maybe(bool),
});
export type Rating = Of<typeof isRating>;

export const isPhaseChange = shape({ t: num, phase: str, before: str, words: str, source: str });

export const isSpotEvent = shape({
  t: num,
  muscle: maybe(str),
  side: maybe(str),
  position_m: num,
  position_sd_m: num,
  rating: orNull(num),
  by: maybe(str),
  removed: maybe(bool),
});

const isTenderSpot = shape({
  muscle: orNull(str),
  side: orNull(str),
  position_m: num,
  position_sd_m: num,
  count: num,
  last_marked: str,
  last_rating: orNull(num),
  trend: orNull(str),
  by: maybe(str),
});
export type TenderSpot = Of<typeof isTenderSpot>;
export const isSpotMap = shape({ spots: list(isTenderSpot) });

export const isHistory = shape({
  total_sessions: num,
  total_work_s: num,
  streak_weeks: num,
  week_sessions: num,
  week_minutes: num,
  muscles: list(shape({ muscle: str, side: orNull(str), last_done: str, sessions: num, trend: orNull(str) })),
  days: maybe(num),
  week_goal: maybe(num),
  weeks: maybe(list(shape({ since: str, sessions: num, work_s: num }))),
  lengths: maybe(shape({ sessions: num, median_s: orNull(num), within: num, low_s: num, high_s: num })),
  balance: maybe(list(shape({ muscle: orNull(str), left_share: orNull(num) }))),
  helped: maybe(list(shape({ by: str, n: num, before: orNull(num), after: orNull(num) }))),
  due: maybe(list(shape({ muscle: str, side: orNull(str), days_since: num }))),
});
export type History = Of<typeof isHistory>;

/** `fault` and `recovered`. */
export const isFault = shape({ t: num, device: str, what: str, hint: str });
export type Fault = Of<typeof isFault>;

export const isResult = shape({ id: orNull(str), ok: bool, why: str });
export type Result = Of<typeof isResult>;

/** The data of `result/calibrate`: where it stands, and what to do next. */
export const isProgress = shape({
  what: str,
  tool: str,
  step: str,
  do: str,
  share: num,
  problem: str,
  live: table,
  wants_mark: bool,
  words: str,
});
export type Progress = Of<typeof isProgress>;

const isCalibrationNote = shape({ device: str, what: str, words: str });
export type CalibrationNote = Of<typeof isCalibrationNote>;
export const isDiagnostics = shape({ calibrations: maybe(list(isCalibrationNote)) });
