import type { StatusQuestion } from '../core/ports.ts';
import { askResponder } from '../stores/certificates/ask-responder.ts';
import { Responders } from '../stores/certificates/responders.ts';
import type { ThreadHandle } from './thread-handle.ts';

/** Answers what the threads ask about certificates. */
export class CertificateAnswers {
  readonly #responders = new Responders({ clock: { nowMs: () => Date.now() }, ask: askResponder });

  async answer(thread: ThreadHandle, id: number, question: StatusQuestion): Promise<void> {
    thread.send({ type: 'certificateStatus', id, answer: await this.#responders.ask(question) });
  }
}
