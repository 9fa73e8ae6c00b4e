// Lets the server check a network while the user types: after a short pause, and only the newest answer is used.

const REST = 180; // milliseconds without a change

/**
 * @template Question, Answer
 */
export class LayerCheck {
  newest = 0;
  timer = 0;

  /**
   * @param {object} handlers
   * @param {(question: Question) => Promise<Answer>} handlers.ask
   * @param {(answer: Answer) => void} handlers.onAnswer not called if there is a newer question
   * @param {(error: Error, question: Question) => void} handlers.onRefusal not called if there is a newer question
   * @param {(isWaiting: boolean) => void} [handlers.onWaiting]
   * @param {number} [handlers.rest]
   */
  constructor({ ask, onAnswer, onRefusal, onWaiting = () => {}, rest = REST }) {
    this.handlers = { ask, onAnswer, onRefusal, onWaiting };
    this.rest = rest;
  }

  /** @type {(question: Question, wait?: number) => void} Asks after `wait` milliseconds without a new call. */
  check(question, wait = this.rest) {
    this.cancel();
    this.handlers.onWaiting(true);
    this.timer = setTimeout(() => this.ask(question, this.newest), wait);
  }

  /** @type {(question: Question, number: number) => Promise<void>} */
  async ask(question, number) {
    const { ask, onAnswer, onRefusal, onWaiting } = this.handlers;
    let tell;
    try {
      const answer = await ask(question);
      tell = () => onAnswer(answer);
    } catch (error) {
      tell = () => onRefusal(/** @type {Error} */ (error), question);
    }
    if (number !== this.newest) return; // there is a newer question
    onWaiting(false);
    tell();
  }

  cancel() {
    clearTimeout(this.timer);
    this.newest += 1;
  }
}
