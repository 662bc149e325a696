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

/** The muscles that the page offers, in the article's order. */
export const MUSCLES = [
  "calves",
  "hamstrings",
  "quadriceps",
  "it_band",
  "glutes",
  "tibialis_anterior",
] as const;

const STOP = new Set(["stop_pain", "no_signal", "ease_off", "near_joint", "slow_down"]);
const WARN = new Set([
  "smooth_out",
  "change_tool",
  "start_lighter",
  "hold_on",
  "lean_in",
  "set_overtime",
  "take_a_break",
]);

export function cueTone(cue: string): Tone {
  if (STOP.has(cue)) return "stop";
  return WARN.has(cue) ? "warn" : "go";
}

/** "slow_down" -> "Slow down". */
export function spoken(name: string): string {
  const words = name.replaceAll("_", " ").replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function muscleName(muscle: string): string {
  return NAMES[muscle] ?? spoken(muscle);
}

/** "Left calf", "Calf", or null when nothing is chosen. */
export function place(muscle: string | null, side: string | null): string | null {
  if (muscle === null) return null;
  const name = muscleName(muscle);
  if (side === null) return name;
  const inside = /^[A-Z]{2}/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1);
  return `${spoken(side)} ${inside}`;
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

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
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
      return `${Math.abs(value) < 10 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
  }
}

/** Why a cue was given: "21 cm/s, limit 19 cm/s"; empty where the cue gives no figures. */
export function reason({ value, limit, unit }: Cue["reason"]): string {
  const parts: string[] = [];
  if (value !== null) parts.push(quantity(value, unit));
  if (limit !== null) parts.push(`${unit === "s" ? "mark at" : "limit"} ${quantity(limit, unit)}`);
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
