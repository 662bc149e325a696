/** What was done over the weeks. */

import type { Model } from "./model";
import type { History } from "./wire";
import { day, duration, inside, percent, place, span } from "./words";

const TRENDS: Readonly<Record<string, string>> = { better: "▴ better", same: "same", worse: "▾ worse" };

/** A bar a week, the newest on the right; the line is the profile's goal. */
function Weeks({ history }: { history: History }) {
  const weeks = history.weeks ?? [];
  const goal = history.week_goal ?? 0;
  if (weeks.length === 0) return null;
  const top = Math.max(goal, 1, ...weeks.map((week) => week.sessions));
  const words = weeks.map((week) => week.sessions).join(", ");
  return (
    <div class="weeks" role="img" aria-label={`Sessions in each of the last ${weeks.length} weeks: ${words}; goal ${goal}`}>
      {goal > 0 && <hr style={{ bottom: `${(goal / top) * 100}%` }} />}
      {weeks.map((week) => (
        <i key={week.since} title={`${week.since}: ${week.sessions}`} style={{ height: `${(week.sessions / top) * 100}%` }} />
      ))}
    </div>
  );
}

/** Fewer sessions than this have no middle and no balance that is worth a sentence. */
const SOME = 3;

/** What the weeks add up to, a sentence each, where there is something to say. */
function sentences(history: History): readonly string[] {
  const lines: string[] = [];
  const { lengths, balance, due, helped, days } = history;
  if (lengths?.median_s != null && lengths.sessions >= SOME) {
    const usual = `A session has ${duration(lengths.median_s)} of work (the middle one)`;
    lines.push(
      `${usual}; ${lengths.within} of ${lengths.sessions} are of ${span(lengths.low_s)} to ${span(lengths.high_s)}.`,
    );
  }
  const all = balance?.find((each) => each.muscle === null)?.left_share ?? null;
  if (all !== null && history.total_sessions >= SOME) {
    lines.push(`Of the last ${days ?? "some"} days' work ${percent(all)} was left and ${percent(1 - all)} right, as you said.`);
  }
  const longest = due?.[0];
  if (longest !== undefined) {
    const name = place(longest.muscle, longest.side) ?? longest.muscle;
    lines.push(`Longest not worked: ${inside(name)}, ${longest.days_since} days.`);
  }
  const rated = helped?.find((each) => each.by === "all" && each.before !== null && each.after !== null);
  if (rated) {
    lines.push(
      `Of ${rated.n} pairs of your ratings the middle is ${rated.before} before and ${rated.after} after. What did it, they don't say.`,
    );
  }
  return lines;
}

export function Past({ model }: { model: Model }) {
  const { history } = model;
  const today = new Date();
  return (
    <section class="card" id="history" aria-labelledby="history-title">
      <div class="row">
        <h2 id="history-title">Over the weeks</h2>
        <a class="button" href="/report" target="_blank" rel="noopener">
          Report
        </a>
      </div>
      {history === null || history.total_sessions === 0 ? (
        <p class="hint">Nothing is kept yet. What you do is listed here after the first session.</p>
      ) : (
        <>
          <dl class="facts">
            <div>
              <dt>Weeks in a row</dt>
              <dd>{history.streak_weeks}</dd>
            </div>
            <div>
              <dt>This week</dt>
              <dd>
                {history.week_sessions}
                {history.week_goal ? ` of ${history.week_goal}` : " ×"} <small>{history.week_minutes.toFixed(0)} min in all</small>
              </dd>
            </div>
            <div>
              <dt>Ever</dt>
              <dd>
                {history.total_sessions} × <small>{span(history.total_work_s)} in all</small>
              </dd>
            </div>
          </dl>
          <Weeks history={history} />
          <ul class="plain-list">
            {sentences(history).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <table>
            <thead>
              <tr>
                <th scope="col">Muscle</th>
                <th scope="col">Last done</th>
                <th scope="col">Sessions</th>
                <th scope="col">In guidance</th>
              </tr>
            </thead>
            <tbody>
              {history.muscles.map((each) => (
                <tr key={`${each.muscle} ${each.side}`}>
                  <th scope="row">{place(each.muscle, each.side)}</th>
                  <td>{day(each.last_done, today)}</td>
                  <td>{each.sessions}</td>
                  <td>{each.trend === null ? "–" : (TRENDS[each.trend] ?? each.trend)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <p class="hint">Short and often counts for more than long and seldom.</p>
    </section>
  );
}
