/** Numbers and names as people read them: cm/s, seconds, muscles. Pure. */

import type { Cue } from "./wire";

/** Kinds of message; each has a colour and a shape, so that neither stands alone. */
export type Tone = "stop" | "warn" | "go" | "calm";

const NAMES: Readonly<Record<string, string>> = {
  calves: "Calf",
  hamstrings: "Hamstrings",
  quadriceps: "Quadriceps",
  it_band: "IT band",
  glutes: "Glutes",
  tibialis_anterior: "Shin",
  tfl: "TFL (front of the hip)",
  hip_flexors: "Hip flexors",
  plantar_fascia: "Sole of the foot",
};

/** The muscles that the page offers, in the article's order; then those it names beside them. */
export const MUSCLES = [
  "calves",
  "hamstrings",
  "quadriceps",
  "it_band",
  "glutes",
  "tibialis_anterior",
  "tfl",
  "hip_flexors",
  "plantar_fascia",
] as const;

/** On a button, where the long name has no room. */
const SHORT: Readonly<Record<string, string>> = { tfl: "TFL", plantar_fascia: "Sole" };

/** The tool that is always there, and not measured. */
export const HANDS = "hands";

/** Every cue of firmware_host/coaching/cues.py; a test compares the two. */
const TONES: Readonly<Record<string, Tone>> = {
  stop_pain: "stop",
  no_signal: "stop",
  read_first: "warn",
  ease_off: "stop",
  near_joint: "stop",
  slow_down: "stop",
  spot_near: "warn",
  smooth_out: "warn",
  rest_muscle: "warn",
  change_tool: "warn",
  start_lighter: "warn",
  hold_on: "warn",
  hold_done: "go",
  hold_enough: "go",
  spot_found: "go",
  lean_in: "warn",
  move_on: "go",
  set_overtime: "warn",
  other_side: "go",
  next_up: "go",
  switch_to_tfl: "warn",
  rotate_leg: "go",
  breathe: "go",
  leg_done: "go",
  session_done: "go",
  take_a_break: "warn",
};

export const CUE_NAMES: readonly string[] = Object.keys(TONES);

export function cueTone(cue: string): Tone {
  return TONES[cue] ?? "go";
}

const ALARMING: ReadonlySet<string> = new Set(["seek_help", "pain_stop", "rating_rising", "numbness"]);

/** Advice stays to be read; only what says to stop is an alarm. */
export function adviceTone(topic: string): Tone {
  if (ALARMING.has(topic)) return "stop";
  return topic === "rest_muscle" || topic === "rating_high" ? "warn" : "go";
}

/** "better" and the like, in words that go behind a rating or a share. */
export function trendWords(trend: string | null): string {
  return trend === "better" ? "▾ easing" : trend === "worse" ? "▴ more tender" : trend === "same" ? "unchanged" : "";
}

/** Longer than this is not read from two metres, in characters. */
const HEADLINE = 60;

/** What stands large, and what follows it smaller: a long announcement is its first sentence and the rest. */
export function headline(words: string): readonly [string, string] {
  const end = words.length > HEADLINE ? words.search(/[.!?] /) + 1 : 0;
  return end > 0 ? [words.slice(0, end), words.slice(end + 1)] : [words, ""];
}

/** "slow_down" -> "Slow down". */
export function spoken(name: string): string {
  return sentence(name.replaceAll("_", " ").replaceAll("-", " "));
}

/** Words that stand alone begin with a capital. */
export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function shortName(muscle: string): string {
  return SHORT[muscle] ?? muscleName(muscle);
}

export function muscleName(muscle: string): string {
  return NAMES[muscle] ?? spoken(muscle);
}

/** "Left calf", "Calf", or null when nothing is chosen. */
export function place(muscle: string | null, side: string | null): string | null {
  if (muscle === null) return null;
  const name = muscleName(muscle);
  if (side === null) return name;
  return `${spoken(side)} ${inside(name)}`;
}

/** A name within a sentence: "left calf", but "IT band". */
export function inside(name: string): string {
  return /^[A-Z]{2}/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);
}

/** m/s as cm/s without sign: one decimal below 10, none above. */
export function cmPerS(speed_m_s: number): string {
  const value = Math.abs(speed_m_s) * 100;
  return value < 9.95 ? value.toFixed(1) : value.toFixed(0);
}

/** Seconds as "45 s" or "2:05 min". */
export function duration(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

/** How long ago, coarsely: "now", "14 s ago", "3 min ago". */
export function ago(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 2) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

/** A length of time, coarsely: "40 min", "3 h", "2 days". */
export function span(seconds: number): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** "2026-08-01T07:30" of a datetime-local field, in this browser's zone, as RFC 3339; null when it is no moment. */
export function moment(local: string): string | null {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The day of an RFC 3339 moment, from `now`: "today", "yesterday", "5 days ago". */
export function day(at: string, now: Date): string {
  const then = new Date(at);
  if (Number.isNaN(then.getTime())) return at;
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
  return days <= 0 ? "today" : days === 1 ? "yesterday" : `${days} days ago`;
}

/** A dash where nothing of it was measured. */
export function percent(share: number | null): string {
  return share === null ? "–" : `${Math.round(share * 100)} %`;
}

/** A value in the unit of the wire, in the unit that people read. */
export function quantity(value: number, unit: string): string {
  switch (unit) {
    case "m/s":
      return `${cmPerS(value)} cm/s`;
    case "m":
      return `${(value * 100).toFixed(1)} cm`;
    case "s":
      return duration(value);
    case "":
      return String(Math.round(value * 100) / 100);
    default:
      return `${Math.abs(value) < 10 && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
  }
}

/** Why a cue was given: "21 cm/s, limit 19 cm/s"; empty where the cue gives no figures. */
export function reason({ value, limit, unit }: Cue["reason"]): string {
  const parts: string[] = [];
  if (value === null && limit !== null && unit === "s") return quantity(limit, unit); // what comes next, and how long
  if (value !== null) parts.push(quantity(value, unit));
  if (limit !== null) parts.push(`${unit === "s" || unit === "passes" ? "mark at" : "limit"} ${quantity(limit, unit)}`);
  return parts.join(", ");
}

/** The LED's colour in words, from its three levels 0..1. */
export function colourName([red, green, blue]: readonly [number, number, number]): string {
  const top = Math.max(red, green, blue);
  if (top < 0.02) return "off";
  const [r, g, b] = [red / top, green / top, blue / top];
  if (r > 0.6 && g > 0.6 && b > 0.6) return "white";
  if (r > 0.6 && b > 0.35 && g < 0.6) return "magenta";
  if (r > 0.6 && b < 0.35) return g < 0.25 ? "red" : "amber";
  return "blue";
}
