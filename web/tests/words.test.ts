import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ago, cmPerS, colourName, cueTone, duration, place, quantity, reason, spoken } from "../src/words";

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
  equal(reason({ value: null, limit: 20, unit: "s", source: "" }), "mark at 20 s");
  equal(reason({ value: null, limit: null, unit: "", source: "" }), "");
  equal(quantity(0.28, "m"), "28.0 cm");
  equal(quantity(0.126, ""), "0.13");
  equal(quantity(4.25, "kPa"), "4.3 kPa");
});

test("every cue of the contract has its tone, and an unknown one is not an alarm", () => {
  equal(cueTone("stop_pain"), "stop");
  equal(cueTone("slow_down"), "stop");
  equal(cueTone("lean_in"), "warn");
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
