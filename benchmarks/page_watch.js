// Runs in the page before its own scripts, and records the times of frames, of paintings of a training's images, and of
// changes of its status line. Times are milliseconds since the page was requested.
/**
 * @type {{ frames: number[], states: [number, string][], pictures: Map<HTMLCanvasElement, number[]>, clicked: number }}
 */
const seen = { frames: [], states: [], pictures: new Map(), clicked: 0 };

const tick = (/** @type {number} */ time) => {
  seen.frames.push(time);
  requestAnimationFrame(tick);
};
requestAnimationFrame(tick);

const put = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (/** @type {any[]} */ ...given) {
  if (this.canvas.closest(".train-stages")) {
    const times = seen.pictures.get(this.canvas) ?? [];
    times.push(performance.now());
    seen.pictures.set(this.canvas, times);
  }
  return Reflect.apply(put, this, given);
};

new MutationObserver(() => {
  const text = document.querySelector(".train-state")?.textContent ?? "";
  if (text !== seen.states.at(-1)?.[1]) seen.states.push([performance.now(), text]);
}).observe(document, { childList: true, subtree: true, characterData: true });

addEventListener("click", () => (seen.clicked = performance.now()), true);

/** The whole record; of the images, those of the canvas that was painted most often. */
function watched() {
  const pictures = [...seen.pictures.values()].sort((one, other) => other.length - one.length)[0];
  return { ...seen, pictures };
}

// The benchmark calls `watched`.
Object.assign(globalThis, { seen, watched });
