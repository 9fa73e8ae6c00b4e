// Asks the server what it makes of a network while somebody types: after a short rest, and only the newest answer counts.

const REST = 180; // milliseconds without a change

/**
 * `check(question)` asks when nothing changed for a moment; `onAnswer(table, question)` or `onRefusal(error, question)`
 * gets what came back, unless something newer was asked meanwhile. `onWaiting(isWaiting)` says that an answer is due.
 */
export function createChecker({ ask, onAnswer, onRefusal, onWaiting = () => {}, rest = REST }) {
  let newest = 0;
  let timer = 0;
  return {
    check(question, wait = rest) {
      clearTimeout(timer);
      newest += 1;
      const mine = newest;
      onWaiting(true);
      timer = setTimeout(async () => {
        const answer = await ask(question).then(
          (table) => ({ table }),
          (error) => ({ error }),
        );
        if (mine !== newest) return; // a newer question is on its way
        onWaiting(false);
        if (answer.error) onRefusal(answer.error, question);
        else onAnswer(answer.table, question);
      }, wait);
    },
    cancel() {
      clearTimeout(timer);
      newest += 1;
    },
  };
}
