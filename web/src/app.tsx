/** The page as a whole: what is live at the top, what can be said below it, stop and safety always in sight. */

import { Bar, Choose, More, Rate, RunFinished } from "./controls";
import { ForceDial, HoldRing, SpeedDial } from "./dials";
import { freshLive, health, type Model } from "./model";
import { Faults, Feed, Hero, Led, Notices, Session, SetPanel, Spoken } from "./panels";
import type { Tell } from "./store";
import { spoken } from "./words";

interface AppProps {
  readonly model: Model;
  readonly station: string;
  readonly version: string;
  readonly tell: Tell;
  readonly now: number;
}

const SHAPES = { live: "●", waiting: "◌", stale: "▲", away: "▲", cut: "✖" } as const;

export function App({ model, station, version, tell, now }: AppProps) {
  const condition = health(model, now);
  const state = model.state?.value;
  const live = freshLive(model, now);
  const onBody = state?.tools.some((tool) => tool.on_body) ?? false;
  const idle = condition.kind !== "live" ? "Not live" : onBody ? "No live values" : "Off the body";
  const both = { model, now };
  return (
    <>
      <header>
        <h1>
          <img src="/icon.svg" alt="" width="34" height="34" /> Slowroll <small>{station}</small>
        </h1>
        <p class={`chip health ${condition.kind}`} id="health">
          <span aria-hidden="true">{SHAPES[condition.kind]}</span> {condition.title}
        </p>
        <p class="chips">
          {state !== undefined && (
            <span class="chip" id="phase" title="Phase of recovery, and profile">
              {spoken(state.phase)} · {state.profile}
            </span>
          )}
          {state?.quiet && <span class="chip">Quiet</span>}
          <Led {...both} />
        </p>
      </header>
      <Spoken {...both} />
      <main class={condition.kind === "live" ? "" : "stale"}>
        <div class="now">
          <Hero {...both} />
          <Faults model={model} />
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
        </div>
        <div class="tell">
          <Choose model={model} tell={tell} />
          <Rate model={model} tell={tell} />
          <RunFinished model={model} tell={tell} />
          <More model={model} tell={tell} />
        </div>
        <div class="past">
          <Session model={model} />
          <Feed {...both} />
        </div>
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
      <Bar {...both} tell={tell} />
    </>
  );
}
