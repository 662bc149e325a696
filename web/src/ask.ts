/**
 * Commands whose answer a part of the page waits for: each question with the id that its result brings back.
 *
 * Results are public, so most that come are for somebody else, or for a question that was given up: those are left
 * alone. Every question ends: answered, refused, or lost, with why.
 */

import { isResult, type Check } from "./wire";

export type Answer<T> =
  | { readonly kind: "ok"; readonly data: T }
  | { readonly kind: "refused"; readonly why: string; readonly data: T | null }
  | { readonly kind: "lost"; readonly why: string };

export const NOT_SENT = "Not sent: there is no connection.";
export const CUT = "The connection was lost before the answer came.";
export const UNANSWERED = "Slowroll did not answer.";
export const UNKNOWN_FORM = "The answer has a form that this page does not know; reload the page.";

interface Open {
  readonly until: number;
  readonly heard: (result: { readonly ok: boolean; readonly why: string }, data: unknown) => void;
  readonly lost: (why: string) => void;
}

export class Questions {
  private readonly open = new Map<string, Open>();

  /** The answer to what was sent with this id; its data passes `check`, or it is lost. */
  expect<T>(id: string, check: Check<T>, until: number): Promise<Answer<T>> {
    return new Promise((resolve) => {
      this.open.set(id, {
        until,
        heard: ({ ok, why }, data) => {
          const known = check(data) ? data : null;
          if (!ok) resolve({ kind: "refused", why: why || "refused", data: known });
          else if (known === null) resolve({ kind: "lost", why: UNKNOWN_FORM });
          else resolve({ kind: "ok", data: known });
        },
        lost: (why) => resolve({ kind: "lost", why }),
      });
    });
  }

  /** A message on any result/<command>. */
  heard(text: string): void {
    let payload: unknown;
    try {
      payload = JSON.parse(text);
    } catch {
      return;
    }
    if (!isResult(payload) || payload.id === null) return;
    const question = this.open.get(payload.id);
    this.open.delete(payload.id);
    question?.heard(payload, (payload as { readonly data?: unknown }).data);
  }

  ticked(now: number): void {
    for (const [id, question] of this.open) if (now > question.until) this.lose(id, UNANSWERED);
  }

  /** The line is gone, and with it every answer that was on its way. */
  cut(): void {
    for (const id of this.open.keys()) this.lose(id, CUT);
  }

  private lose(id: string, why: string): void {
    this.open.get(id)?.lost(why);
    this.open.delete(id);
  }
}
