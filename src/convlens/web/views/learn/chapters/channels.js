// Chapter: an image with channels, kernels with as many channels, and a map for each kernel.

import { div } from "convlens/interface/parts.js";
import { kernelAt, makeMaps, resizeMatrix, sizeOf } from "convlens/views/learn/arithmetic/tensors.js";
import { findWindowMistake, squareWindow } from "convlens/views/learn/arithmetic/windows.js";
import { Chapter } from "convlens/views/learn/chapter.js";
import { ChannelGrids, paintThumb } from "convlens/views/learn/chapters/channel_grids.js";
import { selection, tabRow } from "convlens/views/learn/controls.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { firstLayerOf, samplesOf } from "convlens/views/learn/model_parts.js";
import { EXAMPLES } from "convlens/views/learn/operations.js";
import { unreadOf } from "convlens/views/learn/unread.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { FirstLayer, Sample } from "convlens/views/learn/model_parts.js" */

const STATE = {
  source: "custom",
  sample: 0,
  image: EXAMPLES.image,
  kernels: EXAMPLES.imageKernels,
  count: 2,
  kernelSize: 2,
  stride: 1,
  padding: 0,
  chosen: 0,
};
const MOST_KERNELS = 4;

/** @extends {Chapter<typeof STATE>} */
export class ChannelsChapter extends Chapter {
  constructor() {
    super({ id: "channels", operations: ["channels", "tensor"], state: { ...STATE } });
    /** @type {FirstLayer | null} */
    this.layerOfModel = null;
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {Set<(changedSource: boolean) => void>} */
    this.listeners = new Set();
    this.drawn = this.#compute();
    this.steps = this.stepThrough({ name: "the kernel with channels", of: "the map", start: 1 });
    this.grids = new ChannelGrids(this);
    this.fields = div(
      "fields",
      this.whole("Kernels", "count", 1, MOST_KERNELS, { onChange: (count) => this.#resizeKernels({ count }) }),
      this.whole("Kernel size", "kernelSize", 1, 3, { onChange: (kernelSize) => this.#resizeKernels({ kernelSize }) }),
      this.whole("Stride", "stride", 1, 3),
      this.whole("Padding", "padding", 0, 2),
    );
    const onChange = (/** @type {string} */ source) => this.#take({ source, chosen: 0 });
    this.source = selection({ label: "Numbers", options: { custom: "your numbers" }, value: "custom", onChange });
    const takeSample = (/** @type {string} */ value) => this.set("sample")(Number(value));
    this.sample = selection({ label: "Test image", options: {}, value: "", onChange: takeSample });
    this.tabs = tabRow({ name: "Which kernel", onChoose: (kernel) => this.choose(kernel, this.steps.place) });
    this.build(
      ["Each kernel detects a different pattern, so K kernels make K maps."],
      div("controls", this.source, this.sample, this.fields),
      this.mistakes,
      this.grids.channelStage,
      this.tabs,
      this.grids.rowStage,
      this.steps,
      this.sum,
      this.grids.mapStage,
    );
  }

  /** @param {(changedSource: boolean) => void} listener called with every change of the maps */
  onMaps(listener) {
    this.listeners.add(listener);
  }

  /** The bias and the activation of these maps. */
  layer() {
    const biases = this.state.kernels.map((_, kernel) => EXAMPLES.biases[kernel] ?? 0);
    return this.#isModel() && this.layerOfModel ? this.layerOfModel : { biases, activation: "relu", slope: undefined };
  }

  #isModel() {
    return this.state.source === "model";
  }

  /** Image, kernels and window: custom numbers, or those of the open model and one of its test images. */
  #compute() {
    const { state, layerOfModel } = this;
    const sample = this.#isModel() ? this.samples[state.sample] : null;
    const image = sample?.input ?? state.image;
    const { kernels, sliding } =
      sample && layerOfModel
        ? layerOfModel
        : { ...state, sliding: squareWindow({ ...state, kernel: state.kernelSize }) };
    const size = sizeOf(image[0]);
    const mistake = findWindowMistake(size, sliding);
    const maps = mistake ? [] : makeMaps(image, kernels, sliding);
    const unread = unreadOf(size, sliding);
    return { image, kernels, sliding, maps, mistake, limit: limitOf(maps), unread, pixels: sample?.pixels };
  }

  /** @param {Partial<typeof STATE>} changes */
  #take(changes) {
    Object.assign(this.state, changes);
    this.update(true);
  }

  /** @param {Partial<typeof STATE>} changes */
  #resizeKernels(changes) {
    const { image, kernels, count, kernelSize } = { ...this.state, ...changes };
    /** @type {(kernel: number, channel: number) => number[][]} */
    const resize = (kernel, channel) =>
      resizeMatrix(
        kernels[kernel]?.[channel] ?? [],
        kernelSize,
        kernelSize,
        (y, x) => ((kernel + channel + y + 2 * x) % 3) - 1,
      );
    const next = Array.from({ length: count }, (_, kernel) => image.map((_, channel) => resize(kernel, channel)));
    this.#take({ ...changes, kernels: next });
  }

  /** @type {(kernel: number, place: number) => void} */
  choose(kernel, place) {
    this.state.chosen = kernel;
    this.tabs.choose(kernel);
    this.steps.go(place);
  }

  update(changedSource = false) {
    const next = this.#compute();
    this.mistakes.report("window", next.mistake);
    if (next.mistake) return;
    this.drawn = next;
    const { kernels, maps } = next;
    this.state.chosen = Math.min(this.state.chosen, kernels.length - 1);
    this.steps.resize(...sizeOf(maps[0]));
    this.fields.hidden = this.#isModel();
    this.sample.root.hidden = !this.#isModel();
    this.grids.prepare();
    const full = limitOf(kernels);
    const labels = kernels.map((kernel, number) => [paintThumb(kernel, full), `kernel ${number}`]);
    this.tabs.offer(labels, this.state.chosen);
    this.show();
    this.listeners.forEach((listener) => listener(changedSource));
  }

  show() {
    const { image, kernels, sliding } = this.drawn;
    this.grids.show(kernelAt(image, kernels[this.state.chosen], sliding, this.steps.position));
  }

  /** @param {Model | null} model */
  onModel(model) {
    this.layerOfModel = firstLayerOf(model);
    this.samples = this.layerOfModel ? samplesOf(model) : [];
    const there = this.layerOfModel && this.samples.length > 0;
    const source = there ? this.state.source : "custom";
    this.source.offer(there ? { model: `the open model’s first layer, ${this.layerOfModel?.name}` } : {}, source);
    this.sample.offer(Object.fromEntries(this.samples.map(({ name }, place) => [place, name])), "0");
    this.grids.forget();
    this.#take({ source, sample: 0, chosen: 0 });
  }
}
