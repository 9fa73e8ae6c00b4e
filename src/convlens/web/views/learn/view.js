// Learn: the operations of a convolutional network, for a person to try, in the order of docs/operations.md.
//
// This view needs neither a model nor a server. If a model is open, its first layer and its test images can be used.

import { element, fill } from "convlens/interface/dom.js";
import { onTheme } from "convlens/interface/colours.js";
import { div } from "convlens/interface/parts.js";
import { paragraph } from "convlens/views/learn/chapter.js";
import { ActivationChapter } from "convlens/views/learn/chapters/activation.js";
import { ChannelsChapter } from "convlens/views/learn/chapters/channels.js";
import { CostChapter } from "convlens/views/learn/chapters/cost.js";
import { MapSizeChapter } from "convlens/views/learn/chapters/map_size.js";
import { NetworkChapter } from "convlens/views/learn/chapters/network.js";
import { PoolingChapter } from "convlens/views/learn/chapters/pooling.js";
import { KernelChapter } from "convlens/views/learn/chapters/sliding_kernel.js";
import { SlidingVectorsChapter } from "convlens/views/learn/chapters/sliding_vectors.js";
import { StepBackChapter } from "convlens/views/learn/chapters/step_back.js";
import { TwoVectorsChapter } from "convlens/views/learn/chapters/two_vectors.js";

/** @import { Model } from "convlens/engine/network.js" */

const INTRODUCTION =
  "Here you can do by hand everything that a convolutional network does with an image, in small steps and with numbers that you can change. The arrow keys move between the numbers of a grid; rows and columns are counted from 0.";

/** @typedef {import("convlens/views/learn/chapter.js").Chapter<any>} AnyChapter */

/** @param {HTMLElement} root @param {{ model: Model | null }} context */
export function mount(root, context) {
  const chapters = buildChapters();
  const links = chapters.map(({ root, title }) => element("a", { href: `#${root.id}` }, title));
  const items = links.map((link) => element("li", {}, link));
  const contents = element("nav", { class: "contents", "aria-label": "Chapters" }, element("ol", {}, items));
  fill(root, div("learn", contents, div("chapters", paragraph("introduction", INTRODUCTION), chapters)));
  const watcher = watchReading(chapters, links);
  const endTheme = onTheme(() => chapters.forEach((chapter) => chapter.update()));
  /** @param {Model | null} model */
  const onModel = (model) => chapters.forEach((chapter) => chapter.onModel(model));
  if (context.model) onModel(context.model);
  return {
    show: () => scrollToAsked(root),
    hide: () => chapters.forEach((chapter) => chapter.pause()),
    onModel,
    dispose() {
      chapters.forEach((chapter) => chapter.dispose());
      watcher.disconnect();
      endTheme();
      fill(root);
    },
  };
}

/** @returns {AnyChapter[]} */
function buildChapters() {
  const channels = new ChannelsChapter();
  const activation = new ActivationChapter(channels);
  return [
    new TwoVectorsChapter(),
    new SlidingVectorsChapter(),
    new KernelChapter(),
    new MapSizeChapter(),
    channels,
    activation,
    new PoolingChapter(activation),
    new NetworkChapter(),
    new StepBackChapter(),
    new CostChapter(),
  ];
}

/** Scrolls to the chapter in the address, which may not exist when the page is loaded. @param {HTMLElement} root */
function scrollToAsked(root) {
  const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (asked && root.contains(asked)) asked.scrollIntoView();
}

// Marks the chapter that is being read in the table of contents.
/** @type {(chapters: AnyChapter[], links: HTMLElement[]) => IntersectionObserver} */
function watchReading(chapters, links) {
  /** @type {Set<Element>} */
  const visible = new Set();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) visible[isIntersecting ? "add" : "delete"](target);
      const first = chapters.findIndex(({ root }) => visible.has(root));
      for (const [place, link] of links.entries()) {
        if (place === first) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-10% 0px -50% 0px" },
  );
  for (const { root } of chapters) watcher.observe(root);
  return watcher;
}
