/** The page as a whole: what is live first, what is planned, past and explained a tap away; stop always in sight. */

import { useEffect, useState } from "preact/hooks";
import type { Calibrator } from "./calibrate";
import { Calibrate } from "./calibrating";
import { Bar, Choose, More, Rate, RunFinished, Soreness } from "./controls";
import { ForceDial, HoldRing, SpeedDial } from "./dials";
import { HelpView } from "./helpview";
import { byHand, freshLive, health, type Model } from "./model";
import { AdviceCards, Checklist } from "./notes";
import { faulty, Faults, Feed, Hero, Led, Notices, Session, SetPanel, Spoken } from "./panels";
import { Past } from "./past";
import { Phase, PlanNow, Profiles, QuickRoutines, Routines, WholePlan } from "./plan";
import type { Tell } from "./store";
import { Spots, Technique } from "./technique";
import { span, spoken } from "./words";

interface AppProps {
  readonly model: Model;
  readonly station: string;
  readonly version: string;
  readonly tell: Tell;
  readonly calibrator: Calibrator;
  readonly now: number;
}

interface ViewProps {
  readonly model: Model;
  readonly tell: Tell;
  readonly now: number;
}

const SHAPES = { live: "●", waiting: "◌", stale: "▲", away: "▲", cut: "✖" } as const;
const VIEWS = [
  ["roll", "Roll"],
  ["plan", "Plan"],
  ["history", "History"],
  ["help", "Help"],
] as const;
type View = (typeof VIEWS)[number][0];

/** "#help/cue-slow_down" -> the view, and what in it; anything unknown is the first view. */
export function route(hash: string): { readonly view: View; readonly wanted: string } {
  const [name = "", ...rest] = hash.replace(/^#/, "").split("/");
  const known = VIEWS.find(([view]) => view === name);
  return { view: known?.[0] ?? "roll", wanted: rest.join("/") };
}

function useRoute() {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const follow = () => {
      const { hash: next } = window.location;
      setHash(next);
      if (!next.includes("/")) window.scrollTo(0, 0);
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return route(hash);
}

function Tabs({ view }: { view: View }) {
  return (
    <nav class="tabs" aria-label="Views">
      {VIEWS.map(([name, title]) => (
        <a key={name} href={`#${name}`} aria-current={name === view ? "page" : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

function RollView({ model, tell, now, calibrator }: ViewProps & { readonly calibrator: Calibrator }) {
  const state = model.state?.value;
  const live = freshLive(model, now);
  const onBody = state?.tools.some((tool) => tool.on_body) ?? false;
  const running = health(model, now).kind === "live";
  const idle = !running ? "Not live" : byHand(model) ? "Not measured" : onBody ? "No live values" : "Off the body";
  const both = { model, now };
  const tells = { model, tell };
  // Between two sets it matters how to lie down; during one, what the dials say, and what is an alarm.
  const between = state?.set == null || state.resting;
  return (
    <>
      <div class="now">
        <Hero {...both} />
        <AdviceCards model={model} parts={between ? ["alarms", "rest"] : ["alarms"]} />
        <Faults model={model} />
        {between && <Technique model={model} />}
        <div class="dials">
          <SpeedDial live={live} idle={idle} />
          <ForceDial live={live} idle={idle} />
          <HoldRing
            live={live}
            idle={idle}
            done_s={state?.hold_done_s ?? 20}
            enough_s={state?.hold_enough_s ?? 30}
          />
        </div>
        <SetPanel model={model} />
        <PlanNow {...tells} />
        <Spots {...both} />
        {!between && <AdviceCards model={model} parts={["rest"]} />}
        {!between && <Technique model={model} />}
      </div>
      <div class="tell">
        {state?.ask_soreness && <Soreness {...tells} />}
        <QuickRoutines {...tells} />
        <Choose {...tells} />
        <Rate {...tells} />
        <More {...tells} />
        <Calibrate model={model} calibrator={calibrator} />
      </div>
      <div class="past">
        <Session model={model} />
        <Feed {...both} />
      </div>
    </>
  );
}

function PlanView({ model, tell }: ViewProps) {
  const tells = { model, tell };
  return (
    <>
      <div class="now">
        <AdviceCards model={model} parts={["alarms", "rest", "plan"]} />
        <WholePlan model={model} />
        <Routines {...tells} />
      </div>
      <div class="tell">
        <Phase model={model} />
        {model.state?.value.ask_soreness && <Soreness {...tells} />}
        <RunFinished {...tells} />
        <Profiles {...tells} />
      </div>
    </>
  );
}

function HistoryView({ model, now }: ViewProps) {
  return (
    <>
      <div class="now">
        <Past model={model} />
      </div>
      <div class="past">
        <Session model={model} />
        <Feed model={model} now={now} />
      </div>
    </>
  );
}

export function App({ model, station, version, tell, calibrator, now }: AppProps) {
  const { view, wanted } = useRoute();
  const condition = health(model, now);
  const state = model.state?.value;
  const both = { model, now };
  const all = { model, tell, now };
  const busy = condition.kind !== "live" || state?.session != null || state?.pain;
  /** Something stands before the view, over its whole width. */
  const top = state?.acknowledged === false || (view !== "roll" && (busy || faulty(model)));
  /** Before a session a small screen is for choosing, not for empty dials. */
  const idle = condition.kind === "live" && !state?.session && !state?.set && !state?.tools.some((tool) => tool.on_body);
  const since = state?.run_ago_s == null ? "" : ` · ${span(state.run_ago_s)} after run`;
  return (
    <>
      <header>
        <h1>
          <img src="/icon.svg" alt="" width="34" height="34" /> Slowroll <small>{station}</small>
        </h1>
        <p class={`chip health ${condition.kind}`} id="health">
          <span aria-hidden="true">{SHAPES[condition.kind]}</span> {condition.title}
        </p>
        <Tabs view={view} />
        <p class="chips">
          {state !== undefined && (
            <a class="chip" id="phase" href="#plan" title="Phase of recovery, and profile">
              {spoken(state.phase)}
              {since} · {state.profile}
            </a>
          )}
          {model.bench?.stands === "on" && (
            <a class="chip" href="#roll">
              Calibrating
            </a>
          )}
          {state?.quiet && <span class="chip">Quiet</span>}
          <Led {...both} />
        </p>
      </header>
      <Spoken {...both} />
      <main class={condition.kind === "live" ? "" : "stale"} data-view={view} data-top={top} data-idle={idle}>
        <Checklist {...all} />
        {view !== "roll" && busy && (
          <div class="small">
            <Hero {...both} />
          </div>
        )}
        {view !== "roll" && <Faults model={model} />}
        {view === "roll" && <RollView {...all} calibrator={calibrator} />}
        {view === "plan" && <PlanView {...all} />}
        {view === "history" && <HistoryView {...all} />}
        {view === "help" && (
          <div class="now">
            <HelpView model={model} wanted={wanted} />
          </div>
        )}
      </main>
      <footer>
        <p>
          <b>For wellness, not medical care.</b> Slowroll can't feel pain: stop at sharp, shooting or increasing pain.
          Keep off bones and joints. Lasting pain, swelling, numbness or a suspected injury is for a doctor or
          physiotherapist.
        </p>
        <p class="version">Slowroll {version}</p>
      </footer>
      <Notices model={model} />
      <Bar {...all} />
    </>
  );
}
