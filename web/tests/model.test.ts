import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import {
  ANSWER_MS,
  byHand,
  EMPTY,
  faultLines,
  freshLive,
  heard,
  health,
  linked,
  LIVE_FRESH_MS,
  newestCue,
  noticed,
  planned,
  spotsHere,
  STATE_FRESH_MS,
  ticked,
  told,
  wayToSpot,
  type Model,
} from "../src/model";

const UP = linked(EMPTY, { kind: "up" });

function tool(name = "roller") {
  return { tool: name, kind: "foam_roller", state: "rolling", on_body: true, force_n: null, load: null };
}

function state(fields: object = {}) {
  return {
    t: 100,
    tools: [tool()],
    muscle: "calves",
    side: "left",
    tool: "roller",
    phase: "deep",
    profile: "article",
    set: null,
    session: null,
    last_cue: null,
    pain: false,
    quiet: false,
    faults: [],
    hold_done_s: 20,
    hold_enough_s: 30,
    ...fields,
  };
}

function live(fields: object = {}) {
  return {
    tool: "roller",
    speed_m_s: 0.08,
    limits: { mean_speed_m_s: 0.093, live_speed_m_s: 0.187, force_low_n: null, force_high_n: null },
    force_n: null,
    load: null,
    state: "rolling",
    hold_s: 0,
    led: [0, 0.2, 0.6],
    haptic: 0,
    ...fields,
  };
}

function cue(t: number, name = "slow_down") {
  return { t, cue: name, words: name, reason: { value: null, limit: null, unit: "", source: "" } };
}

function hear(model: Model, suffix: string, payload: unknown, now: number, retained = false): Model {
  return heard(model, suffix, { topic: suffix, text: JSON.stringify(payload), retained }, now);
}

test("values are live only between a fresh state and the next one's being overdue", () => {
  equal(health(EMPTY, 0).kind, "cut");
  equal(health(UP, 0).kind, "waiting");
  const retained = hear(UP, "state", state(), 1000, true);
  equal(health(retained, 1000).kind, "waiting", "a retained state may be a year old");
  const fresh = hear(retained, "state", state(), 2000);
  equal(health(fresh, 2000 + STATE_FRESH_MS).kind, "live");
  equal(health(fresh, 2001 + STATE_FRESH_MS).kind, "stale");
});

test("a live value is shown for a second, and not at all without a line or a running program", () => {
  let model = hear(hear(UP, "state", state(), 0), "live", live(), 500);
  equal(freshLive(model, 500 + LIVE_FRESH_MS)?.speed_m_s, 0.08);
  equal(freshLive(model, 501 + LIVE_FRESH_MS), null);
  const down = linked(model, { kind: "down", why: "gone", retryAt: 3000 });
  equal(freshLive(down, 600), null);
  match(health(down, 600).text, /gone\. Next try in 3 s/);
  const back = linked(down, { kind: "up" });
  equal(health(back, 700).kind, "waiting", "what was said before the loss is not news after it");
  equal(freshLive(hear(back, "state", state(), 800), 800), null);
  model = heard(model, "availability", { topic: "", text: "offline", retained: true }, 600);
  equal(health(model, 600).kind, "away");
  equal(freshLive(model, 600), null);
});

test("the selected tool's values come before another's, unless they are old", () => {
  let model = hear(UP, "state", state({ tools: [tool(), tool("ball")], tool: "roller" }), 0);
  model = hear(model, "live", live({ speed_m_s: 0.01 }), 100);
  model = hear(model, "live", live({ tool: "ball", speed_m_s: 0.02 }), 700);
  equal(freshLive(model, 700)?.tool, "roller");
  equal(freshLive(model, 1200)?.tool, "ball");
});

test("a cue is listed once, whether it came as an event or in the state, newest first", () => {
  let model = hear(UP, "event/cue", cue(90, "lean_in"), 1000);
  model = hear(model, "event/cue", cue(99), 9000);
  model = hear(model, "state", state({ last_cue: cue(99) }), 10_000);
  deepEqual(
    model.feed.map((item) => item.key),
    ["cue 99 slow_down", "cue 90 lean_in"],
  );
  equal(newestCue(model)?.at, 9000);
});

test("a cue known only from the state is as old as the state says", () => {
  const model = hear(UP, "state", state({ t: 100, last_cue: cue(88) }), 20_000);
  equal(newestCue(model)?.at, 8000);
  const retained = hear(UP, "state", state({ t: 100, last_cue: cue(99) }), 20_000, true);
  equal(newestCue(retained), null, "how old a retained state is can't be told");
});

test("the feed is bounded", () => {
  let model = UP;
  for (let t = 0; t < 100; t += 1) model = hear(model, "event/cue", cue(t), t * 1000);
  equal(model.feed.length, 12);
  equal(newestCue(model)?.cue.t, 99);
});

test("a fault stays with its hint until it has recovered, or the state no longer names it", () => {
  const fault = { t: 101, device: "roller force", what: "no answer", hint: "Check the cable." };
  let model = hear(hear(UP, "state", state(), 0), "event/fault", fault, 10);
  deepEqual(faultLines(model), [{ what: "roller force: no answer", hint: "Check the cable." }]);
  model = hear(model, "state", state({ t: 102, faults: ["roller force: no answer"] }), 20);
  equal(faultLines(model).length, 1, "the event and the state speak of the same fault");
  equal(faultLines(hear(model, "event/recovered", { ...fault, t: 103 }, 30)).length, 1, "the state still names it");
  equal(faultLines(hear(model, "state", state({ t: 104 }), 40)).length, 0);
});

test("a restarted program's state clears what the one before had said", () => {
  let model = hear(UP, "event/cue", cue(90), 0);
  model = hear(model, "state", state({ t: 100 }), 10);
  model = hear(model, "event/fault", { t: 101, device: "imu", what: "x", hint: "" }, 20);
  model = hear(model, "state", state({ t: 2 }), 30);
  equal(model.feed.length, 0);
  equal(faultLines(model).length, 0);
});

test("a command is answered by its own result, refused with the reason, or called unanswered", () => {
  const sent = told(UP, "a-1", "Next set", 0);
  const done = hear(sent, "result/next", { id: "a-1", ok: true, why: "", data: null }, 50);
  deepEqual(
    done.notices.map(({ ok, text }) => ({ ok, text })),
    [{ ok: true, text: "Next set" }],
  );
  const refused = hear(sent, "result/next", { id: "a-1", ok: false, why: "no routine is chosen", data: null }, 50);
  equal(refused.notices[0]?.text, "Next set: no routine is chosen");
  equal(hear(sent, "result/next", { id: "b-1", ok: true, why: "" }, 50).notices.length, 0, "somebody else's");
  equal(ticked(sent, ANSWER_MS).notices.length, 0);
  match(ticked(sent, ANSWER_MS + 1).notices[0]?.text ?? "", /did not answer/);
});

test("notices go by themselves, refusals later", () => {
  let model = noticed(UP, false, "Tare: not sent", 0);
  model = hear(told(model, "a-2", "Next set", 0), "result/next", { id: "a-2", ok: true, why: "" }, 0);
  equal(model.notices.length, 2);
  equal(ticked(model, 4000).notices.length, 1);
  equal(ticked(model, 12_000).notices.length, 0);
  equal(ticked(UP, 1), UP, "nothing changes when there is nothing to do");
});

test("a payload that doesn't fit its topic changes nothing but says so", () => {
  const before = hear(UP, "state", state(), 0);
  for (const text of ["", "{", "[]", "null", "7", '{"t": "soon"}', '{"t": 1, "tools": [7]}']) {
    for (const suffix of ["state", "live", "event/cue", "event/set", "event/session", "event/fault", "event/rating", "event/phase", "event/advice", "event/spot", "spots", "history", "result/next"]) {
      const after = heard(before, suffix, { topic: suffix, text, retained: false }, 1);
      deepEqual({ ...after, strange: null }, before, `${suffix} ${text}`);
      notEqual(after.strange, null, `${suffix} ${text}`);
    }
  }
  const strange = hear(before, "state", 7, 1);
  equal(hear(strange, "live", live(), 2).strange, "state");
  equal(hear(strange, "state", state(), 2).strange, null, "readable again");
});

function rating(fields: object = {}) {
  return { t: 1, muscle: "calves", side: "left", value: 6, when: "before", kind: "rate", removed: false, ...fields };
}

test("ratings pair up by muscle and side; a new one before begins a new pair", () => {
  let model = hear(UP, "event/rating", rating(), 0);
  model = hear(model, "event/rating", rating({ t: 2, value: 3, when: "after" }), 0);
  model = hear(model, "event/rating", rating({ t: 3, side: "right", when: "after", value: 5 }), 0);
  const pair = (key: string) => [model.rated[key]?.before, model.rated[key]?.after];
  deepEqual(pair("calves left"), [6, 3]);
  deepEqual(pair("calves right"), [null, 5]);
  model = hear(model, "event/rating", rating({ t: 4, side: "right", when: "after", value: 5, removed: true }), 0);
  deepEqual(pair("calves right"), [undefined, undefined], "nothing is left of it");
  model = hear(model, "event/rating", rating({ t: 5, value: 4 }), 0);
  deepEqual(pair("calves left"), [4, null]);
  const sore = hear(model, "event/rating", rating({ t: 6, muscle: null, side: null, kind: "soreness" }), 0);
  deepEqual(sore.rated, model.rated, "soreness is of the legs, not of a muscle");
  equal(sore.feed[0]?.key, "rating 6 false");
});

test("a change of phase is noticed for long and forgotten at a restart", () => {
  const change = { t: 101, phase: "deep", before: "between", words: "Deeper now.", source: "W2" };
  let model = hear(hear(UP, "state", state(), 0), "event/phase", change, 10);
  equal(model.phaseWords?.words, "Deeper now.");
  equal(ticked(model, 9000).notices.length, 1);
  equal(ticked(model, 12_010).notices.length, 0);
  model = hear(hear(model, "event/rating", rating(), 15), "state", state({ t: 1 }), 20);
  equal(model.phaseWords, null);
  deepEqual(model.rated, {});
});

test("advice and spots are listed, each once", () => {
  const advice = { t: 9, topic: "seek_help", words: "Ask somebody.", source: "", muscle: null, side: null };
  const spot = { t: 8, muscle: "calves", side: "left", position_m: 0.123, position_sd_m: 0.01, rating: 4 };
  let model = hear(hear(UP, "event/spot", spot, 1), "event/advice", advice, 2);
  model = hear(hear(model, "event/advice", advice, 3), "event/spot", { ...spot, removed: true }, 4);
  deepEqual(
    model.feed.map((item) => (item.kind === "note" ? `${item.tone} ${item.words}` : "")),
    [
      "go Tender spot taken back: Left calf, 12 cm, rated 4",
      "stop Ask somebody.",
      "go Tender spot marked: Left calf, 12 cm, rated 4",
    ],
  );
});

test("what the hands do is not what a tool's sensor says", () => {
  const model = hear(hear(UP, "state", state({ tool: "hands" }), 0), "live", live(), 0);
  equal(byHand(model), true);
  equal(freshLive(model, 0), null);
});

test("work by hand, of which nothing is in guidance or out of it, is read", () => {
  const brief = { muscle: "calves", side: "left", tool: "hands", work_s: 30, passes: 0, holds: 0, in_guidance: null };
  const set = { work_s: 3, target_s: 30, passes: 0, holds: 0, in_guidance: null };
  const session = { work_s: 33, in_guidance: null, sets: [brief] };
  equal(hear(UP, "state", state({ tool: "hands", set, session }), 0).strange, null);
  const done = { t: 9, start: 1, sets: [{ ...brief, t: 8 }], work_s: 30, in_guidance: null, ended: "person", advice: [] };
  equal(hear(UP, "event/session", done, 0).strange, null);
  equal(hear(UP, "event/set", { ...brief, t: 8 }, 0).feed.length, 1);
});

test("of a plan the set that is on and the next that will be", () => {
  const step = (where: string) => ({ muscle: "calves", side: "left", tool: "roller", kind: "foam_roller", set_s: 40, state: where, why: "" });
  const plan = (...where: string[]) =>
    planned(
      hear(UP, "state", state({ plan: { routine: "r", title: "R", steps: where.map(step), explained: [], total_s: 80, left_s: 40 } }), 0),
    );
  equal(plan("done", "skipped", "now", "next").number, 3);
  equal(plan("done", "now", "skipped", "next").next?.state, "next");
  equal(plan("done", "now").next, null);
  deepEqual(plan("done", "done"), { number: 0, now: null, next: null });
  deepEqual(planned(UP), { number: 0, now: null, next: null });
});

test("a tender spot lies ahead, behind, or here, and only the muscle's own count", () => {
  const spot = (position_m: number, muscle = "calves") => ({
    muscle,
    side: "left",
    position_m,
    position_sd_m: 0.015,
    count: 1,
    last_marked: "",
    last_rating: null,
    trend: null,
  });
  let model = hear(hear(UP, "state", state(), 0), "spots", { spots: [spot(0.2), spot(0.05), spot(0.1, "glutes")] }, 0);
  equal(spotsHere(model).length, 2);
  const words = (position_m: number | null, speed_m_s: number) => {
    model = hear(model, "live", live({ position_m, speed_m_s }), 0);
    return wayToSpot(model, freshLive(model, 0))?.words;
  };
  equal(words(0.1, 0.05), "Tender spot 5 cm behind");
  equal(words(0.1, -0.05), "Tender spot 5 cm ahead");
  equal(words(0.16, 0.05), "Tender spot 4 cm ahead");
  equal(words(0.1, 0.01), "Tender spot 5 cm away");
  equal(words(0.06, 0.05), "On the tender spot");
  equal(words(null, 0.05), undefined, "without a position there is no way");
  equal(wayToSpot(model, null), null);
});

test("a state with more than this page knows is read, and one with less", () => {
  const more = state({ acknowledged: false, something_new: { a: 1 }, advice: [], plan: null, run_ago_s: 5 });
  equal(hear(UP, "state", more, 0).state?.value.acknowledged, false);
  equal(hear(UP, "state", state(), 0).state?.value.acknowledged, undefined);
  equal(hear(UP, "state", state({ plan: { steps: 7 } }), 0).state, null);
});
