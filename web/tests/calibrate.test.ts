import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { CUT, Questions, UNANSWERED, UNKNOWN_FORM, type Answer } from "../src/ask";
import { begun, Calibrator, seen, taken } from "../src/calibrate";
import { EMPTY, heard } from "../src/model";
import { isProgress, type Progress } from "../src/wire";

function progress(fields: Partial<Progress> = {}): Progress {
  const none = { problem: "", live: {}, wants_mark: false, words: "" };
  return { what: "gyro", tool: "roller", step: "still", do: "Lay it down.", share: 0.25, ...none, ...fields };
}

const ok = (fields: Partial<Progress> = {}): Answer<Progress> => ({ kind: "ok", data: progress(fields) });
const ASKED = { what: "gyro", tool: "roller" } as const;
const ON = taken(begun(ASKED, 1), "begin", 1, ok());

const result = (id: string | null, fields: object = {}) => JSON.stringify({ id, ok: true, why: "", data: progress(), ...fields });

test("a question gets the data of its own result and of no other", async () => {
  const questions = new Questions();
  const answer = questions.expect("p-1", isProgress, 5000);
  questions.heard("not JSON");
  questions.heard(result(null, { data: progress({ share: 0.9 }) }));
  questions.heard(result("q-1", { data: progress({ share: 0.9 }) }));
  questions.heard(result("p-1"));
  questions.heard(result("p-1", { data: progress({ share: 0.9 }) }));
  deepEqual(await answer, ok());
});

test("every question ends: refused, of a strange form, unanswered, or cut", async () => {
  const questions = new Questions();
  const ask = (id: string) => questions.expect(id, isProgress, 5000);
  const [refused, told, strange, cut] = [ask("a"), ask("b"), ask("c"), ask("d")];
  questions.heard(result("a", { ok: false, why: "a session is on", data: null }));
  questions.heard(result("b", { ok: false, why: "not still", data: progress({ step: "refused" }) }));
  questions.heard(result("c", { data: { what: "gyro", share: "half" } }));
  questions.ticked(5000);
  questions.cut();
  deepEqual(await refused, { kind: "refused", why: "a session is on", data: null });
  deepEqual(await told, { kind: "refused", why: "not still", data: progress({ step: "refused" }) });
  deepEqual(await strange, { kind: "lost", why: UNKNOWN_FORM });
  deepEqual(await cut, { kind: "lost", why: CUT });
  const late = questions.expect("e", isProgress, 5000);
  questions.ticked(5001);
  deepEqual(await late, { kind: "lost", why: UNANSWERED });
});

test("a calibration goes on until it is done, refused or cancelled", () => {
  equal(ON.stands, "on");
  equal(taken(ON, "look", 2, ok({ step: "done", words: "bias" })).stands, "done");
  const refused = taken(ON, "look", 2, { kind: "refused", why: "not still", data: progress({ step: "refused" }) });
  deepEqual([refused.stands, refused.why], ["refused", "not still"]);
  equal(taken(ON, "look", 2, { kind: "refused", why: "none is on", data: null }).stands, "refused");
  equal(taken(ON, "cancel", 2, ok()).stands, "cancelled");
  equal(taken(ON, "cancel", 2, { kind: "refused", why: "none is on", data: null }).stands, "cancelled");
  equal(taken(ON, "cancel", 2, ok({ step: "done" })).stands, "done", "it was done before the cancel came");
  equal(taken(refused, "look", 3, ok()), refused, "what is over stays over");
});

test("an answer older than the newest, or about something else, changes nothing that is shown", () => {
  const marked = taken(ON, "mark", 3, ok({ step: "measure" }));
  equal(taken(marked, "look", 2, ok({ step: "load" })), marked);
  for (const other of [{ what: "force" }, { tool: "ball" }]) {
    const next = taken(ON, "look", 2, ok({ ...other, step: "done", share: 1 }));
    deepEqual([next.stands, next.progress], ["on", ON.progress]);
  }
  const began = taken(begun(ASKED, 1), "begin", 1, ok({ what: "force" }));
  equal(began.stands, "refused", "it does not wait for ever");
});

test("a step that did not get through is said until the next one does", () => {
  equal(taken(begun(ASKED, 1), "begin", 1, { kind: "lost", why: UNANSWERED }).stands, "refused");
  const lost = taken(ON, "mark", 2, { kind: "lost", why: CUT });
  deepEqual([lost.stands, lost.why, lost.whyOf], ["on", CUT, "mark"]);
  equal(taken(lost, "look", 3, { kind: "lost", why: UNANSWERED }).why, CUT);
  equal(taken(lost, "look", 3, ok()).why, CUT);
  equal(taken(lost, "mark", 3, ok()).why, "");
  const blind = taken(ON, "look", 2, { kind: "lost", why: CUT });
  equal(blind.why, CUT);
  equal(taken(blind, "look", 3, ok()).why, "");
  const odd = taken(ON, "mark", 2, { kind: "refused", why: "kg: too much", data: null });
  deepEqual([odd.stands, odd.why], ["on", "kg: too much"]);
});

/** A station that answers when it is told to, and a clock that is turned by hand. */
function bench() {
  const sent: Record<string, unknown>[] = [];
  const answers: ((answer: Answer<Progress>) => void)[] = [];
  const timers: (() => void)[] = [];
  const calibrator = new Calibrator(
    (fields) => {
      sent.push(fields as Record<string, unknown>);
      return new Promise((resolve) => answers.push(resolve));
    },
    () => undefined,
    (then) => timers.push(then),
  );
  const answer = async (at: number, given: Answer<Progress>) => {
    answers[at]?.(given);
    await new Promise(setImmediate);
  };
  const second = () => timers.splice(0).forEach((then) => then());
  return { calibrator, sent, answer, second, timers };
}

test("it looks once a second, one at a time, from the first answer until it is over", async () => {
  const { calibrator, sent, answer, second, timers } = bench();
  calibrator.begin({ what: "radius", tool: "roller", distance_m: 1.5 });
  second();
  deepEqual(sent, [{ what: "radius", tool: "roller", distance_m: 1.5, step: "begin" }]);
  await answer(0, ok({ what: "radius" }));
  second();
  second();
  deepEqual(sent.slice(1), [{ what: "radius", tool: "roller", step: "look" }]);
  await answer(1, ok({ what: "radius" }));
  second();
  equal(sent.length, 3);
  await answer(2, ok({ what: "radius", step: "done" }));
  second();
  deepEqual([sent.length, timers.length, calibrator.bench?.stands], [3, 0, "done"]);
  calibrator.mark();
  equal(sent.length, 3, "nothing is marked on what is over");
});

test("a cancel is not overtaken by a look, and a late answer is not for the next calibration", async () => {
  const { calibrator, sent, answer, second } = bench();
  calibrator.begin({ what: "force" });
  await answer(0, ok({ what: "force" }));
  calibrator.mark(20);
  calibrator.cancel();
  second();
  deepEqual(
    sent.slice(1),
    [
      { what: "force", kg: 20, step: "mark" },
      { what: "force", step: "cancel" },
    ],
    "no look, which would only hear that none is on",
  );
  await answer(2, ok({ what: "force" }));
  equal(calibrator.bench?.stands, "cancelled");
  calibrator.begin({ what: "force" });
  await answer(1, ok({ what: "force", share: 0.9 }));
  const share = () => calibrator.bench?.progress?.share;
  equal(share(), undefined);
  await answer(3, ok({ what: "force", share: 0.1 }));
  equal(share(), 0.1);
});

test("what a sensor shows is said in the units that people read", () => {
  deepEqual(seen({ gyro_x_rad_s: 0.01, still_s: 1.5, turned_rad: 3.14159, about_m: 0.456, turns: 2.5 }), [
    "Gyro x 0.57 °/s",
    "Still 1.5 s",
    "Turned 180 °",
    "About 45.6 cm",
    "Turns 2.50",
  ]);
  deepEqual(seen({ reading_pa: 105182.4, above_zero_v_v: 0.000123, reading_n: 51, on_body: 1 }), [
    "Reading 105.18 kPa",
    "Above zero 0.1230 mV/V",
    "Reading 51.0 N",
    "On the body",
  ]);
});

test("diagnostics say what is calibrated; those of an older program say nothing of it", () => {
  const say = (payload: object) =>
    heard(EMPTY, "diagnostics", { topic: "", text: JSON.stringify(payload), retained: true }, 0);
  const note = { device: "roller imu", what: "gyro", at: null, words: "bias, date not kept" };
  deepEqual(say({ calibrations: [note] }).calibrated, [note]);
  equal(say({ version: "1" }).calibrated, null);
  equal(say({ calibrations: [{ device: 7 }] }).strange, "diagnostics");
});
