// Inserted into the page before its own scripts: records the times of frames, the times when images of a training were
// painted, and the texts of the status line. Times are in milliseconds since the page was requested.
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

/** Return the whole record, with only the images of the canvas that was painted most often. */
function watched() {
  const pictures = [...seen.pictures.values()].sort((one, other) => other.length - one.length)[0];
  return { ...seen, pictures };
}

// The benchmark calls these.
Object.assign(globalThis, { seen, watched });
