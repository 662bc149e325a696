/** Finds out which station this is, connects, and draws at most once a frame. */

import { render } from "preact";
import { App } from "./app";
import { Store } from "./store";

interface Config {
  readonly station: string;
  readonly version: string;
}

async function begin(place: HTMLElement): Promise<void> {
  const answer = await fetch("/config.json", { cache: "no-store" });
  if (answer.status === 403) {
    window.location.assign("/login");
    return;
  }
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const { station, version } = (await answer.json()) as Config;

  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  let due = false;
  const draw = () => {
    due = false;
    render(
      <App
        model={store.model}
        station={station}
        version={version}
        tell={store.tell}
        calibrator={store.calibrator}
        now={performance.now()}
      />,
      place,
    );
  };
  const store = new Store(`${scheme}//${window.location.host}/mqtt`, station, () => {
    if (due) return;
    due = true;
    window.requestAnimationFrame(draw);
  });
  document.title = `Slowroll · ${station}`;
  draw();
  store.start();
}

const place = document.getElementById("page");
if (place === null) throw new Error("index.html has no #page");
begin(place).catch((error: unknown) => {
  const why = error instanceof Error ? error.message : String(error);
  place.textContent = `Slowroll's page could not start (${why}). Is the program still running? Reload to try again.`;
});
