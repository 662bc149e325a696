/** What was done over the weeks. */

import type { Model } from "./model";
import { day, place, span } from "./words";

const TRENDS: Readonly<Record<string, string>> = { better: "▴ better", same: "same", worse: "▾ worse" };

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
                {history.week_sessions} × <small>{history.week_minutes.toFixed(0)} min in all</small>
              </dd>
            </div>
            <div>
              <dt>Ever</dt>
              <dd>
                {history.total_sessions} × <small>{span(history.total_work_s)} in all</small>
              </dd>
            </div>
          </dl>
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
