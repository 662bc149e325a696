import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import {
  adviceTone,
  ago,
  cmPerS,
  colourName,
  cueTone,
  day,
  duration,
  headline,
  inside,
  moment,
  place,
  quantity,
  reason,
  shortName,
  span,
  spoken,
  trendWords,
} from "../src/words";

test("speed is shown in cm/s without sign, with a decimal only where it can be read", () => {
  equal(cmPerS(0.0934), "9.3");
  equal(cmPerS(-0.0934), "9.3");
  equal(cmPerS(0.0996), "10");
  equal(cmPerS(0.1874), "19");
  equal(cmPerS(0), "0.0");
});

test("durations turn over at a minute and never go below zero", () => {
  equal(duration(59.9), "59 s");
  equal(duration(60), "1:00 min");
  equal(duration(125), "2:05 min");
  equal(duration(-3), "0 s");
});

test("ages are coarse", () => {
  equal(ago(-50), "now");
  equal(ago(1999), "now");
  equal(ago(14_200), "14 s ago");
  equal(ago(60_000), "1 min ago");
  equal(ago(7_200_000), "2 h ago");
});

test("a place is the side and the muscle, as people say it", () => {
  equal(place("calves", "left"), "Left calf");
  equal(place("it_band", "right"), "Right IT band");
  equal(place("tfl", "right"), "Right TFL (front of the hip)");
  equal(place("glutes", null), "Glutes");
  equal(place(null, "left"), null);
  equal(place("new_muscle", "left"), "Left new muscle");
});

test("a reason is given in units that people read, and leaves out what is not known", () => {
  equal(reason({ value: 0.236, limit: 0.187, unit: "m/s", source: "" }), "24 cm/s, limit 19 cm/s");
  equal(reason({ value: 150.4, limit: null, unit: "N", source: "" }), "150 N");
  equal(reason({ value: null, limit: 20, unit: "s", source: "" }), "20 s");
  equal(reason({ value: 8.4, limit: 20, unit: "s", source: "" }), "8 s, mark at 20 s");
  equal(reason({ value: null, limit: null, unit: "", source: "" }), "");
  equal(quantity(0.28, "m"), "28.0 cm");
  equal(quantity(0.126, ""), "0.13");
  equal(quantity(4.25, "kPa"), "4.3 kPa");
});

test("every cue of the contract has its tone, and an unknown one is not an alarm", () => {
  equal(cueTone("stop_pain"), "stop");
  equal(cueTone("slow_down"), "stop");
  equal(cueTone("lean_in"), "warn");
  equal(cueTone("read_first"), "warn");
  equal(cueTone("next_up"), "go");
  equal(cueTone("hold_done"), "go");
  equal(cueTone("something_new"), "go");
  equal(spoken("slow_down"), "Slow down");
});

test("the LED's colours have names at any brightness", () => {
  equal(colourName([0, 0, 0]), "off");
  equal(colourName([0.01, 0.1, 0.3]), "blue");
  equal(colourName([0.3, 0.12, 0]), "amber");
  equal(colourName([0.5, 0, 0.4]), "magenta");
  equal(colourName([0.5, 0, 0.05]), "red");
  equal(colourName([0.2, 0.2, 0.2]), "white");
});

test("a long announcement is its first sentence and the rest; a short one stays whole", () => {
  const said = "Next: left calf, 50 s. Sit down, one calf on the roller. From just above the ankle to below the knee.";
  equal(headline(said)[0], "Next: left calf, 50 s.");
  equal(headline(said).join(" "), said);
  equal(headline("20 seconds: roll on, or stay up to 30.")[1], "");
  equal(headline("Stop. Rest this muscle; if the pain stays, ask a professional.")[0], "Stop.");
  const endless = "a word ".repeat(20);
  equal(headline(endless)[0], endless);
});

test("whole numbers have no decimals", () => {
  equal(quantity(4, "passes"), "4 passes");
  equal(reason({ value: 4, limit: 4, unit: "passes", source: "" }), "4 passes, mark at 4 passes");
});

test("names fit buttons and sentences", () => {
  equal(shortName("tfl"), "TFL");
  equal(shortName("plantar_fascia"), "Sole");
  equal(shortName("calves"), "Calf");
  equal(inside("Left calf"), "left calf");
  equal(inside("IT band"), "IT band");
});

test("spans are coarse: minutes, then hours, then days", () => {
  equal(span(-5), "0 min");
  equal(span(59 * 60), "59 min");
  equal(span(89.9 * 60), "89 min");
  equal(span(90 * 60), "1 h");
  equal(span(47.9 * 3600), "47 h");
  equal(span(73 * 3600), "3 days");
});

test("a local time is told with its zone, and what is no moment is not", () => {
  equal(moment("2026-08-01T07:30"), new Date(2026, 7, 1, 7, 30).toISOString());
  match(moment("2026-08-01T07:30") ?? "", /Z$/);
  equal(moment(""), null);
  equal(moment("yesterday"), null);
});

test("days are counted by midnights, not by 24 hours", () => {
  const now = new Date(2026, 7, 3, 0, 30);
  equal(day(new Date(2026, 7, 3, 0, 10).toISOString(), now), "today");
  equal(day(new Date(2026, 7, 2, 23, 50).toISOString(), now), "yesterday");
  equal(day(new Date(2026, 6, 29, 12, 0).toISOString(), now), "5 days ago");
  equal(day("no date", now), "no date");
});

test("advice is an alarm only where it says to stop or to ask somebody", () => {
  equal(adviceTone("seek_help"), "stop");
  equal(adviceTone("rating_rising"), "stop");
  equal(adviceTone("rest_muscle"), "warn");
  equal(adviceTone("resume"), "go");
  equal(trendWords("better"), "▾ easing");
  equal(trendWords(null), "");
});
