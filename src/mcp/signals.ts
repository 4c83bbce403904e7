import { z } from 'zod';
import { said } from './compact.ts';
import type { SignalFieldsFragment } from './generated/operations.ts';

/** What waits for the caller besides: part of the answer of every tool that writes. Its fields are those of `Signals`. */
export const SIGNALS = z
  .looseObject({})
  .optional()
  .describe('What waits: counts unread, urgent, answers; tasks cancelled, leasesLost.');

/** Only what there is; nothing when nothing waits. */
export function heard(signals: SignalFieldsFragment | null): { signals?: Partial<SignalFieldsFragment> } {
  if (signals === null) return {};
  const { unread, urgent, answers, cancelled, leasesLost } = signals;
  const waiting = said({
    unread: unread || null,
    urgent: urgent || null,
    answers: answers || null,
    cancelled,
    leasesLost,
  });
  return Object.keys(waiting).length === 0 ? {} : { signals: waiting as Partial<SignalFieldsFragment> };
}
