// Learn: the operations of a convolutional network as things to play with, in the order of docs/operations.md.
//
// Nothing here needs a model or a server. Where a model is open, its first layer and its test images can be taken.

import { element, fill } from "convlens/interface/dom.js";
import { onTheme } from "convlens/interface/colours.js";
import { activationChapter } from "convlens/views/learn/chapters/activation.js";
import { channelsChapter } from "convlens/views/learn/chapters/channels.js";
import { countingChapter } from "convlens/views/learn/chapters/counting.js";
import { mapSize } from "convlens/views/learn/chapters/map_size.js";
import { networkChapter } from "convlens/views/learn/chapters/network.js";
import { poolingChapter } from "convlens/views/learn/chapters/pooling.js";
import { slidingKernel } from "convlens/views/learn/chapters/sliding_kernel.js";
import { slidingVectors } from "convlens/views/learn/chapters/sliding_vectors.js";
import { stepBack } from "convlens/views/learn/chapters/step_back.js";
import { twoVectors } from "convlens/views/learn/chapters/two_vectors.js";

export function mount(root, context) {
  const chapters = buildChapters();
  const links = chapters.map(linkTo);
  fill(
    root,
    element(
      "div",
      { class: "learn" },
      contents(links),
      element(
        "div",
        { class: "chapters" },
        introduction(),
        chapters.map((chapter) => chapter.element),
      ),
    ),
  );

  const watcher = watchReading(chapters, links);
  const endTheme = onTheme(() => chapters.forEach((chapter) => chapter.update()));
  const pause = () => chapters.forEach((chapter) => chapter.pause?.());
  const onModel = (model) => chapters.forEach((chapter) => chapter.onModel?.(model));
  if (context.model) onModel(context.model);
  return {
    show: () => scrollToAsked(root),
    hide: pause,
    onModel,
    dispose() {
      chapters.forEach((chapter) => chapter.dispose?.());
      watcher.disconnect();
      endTheme();
      fill(root);
    },
  };
}

function buildChapters() {
  const channels = channelsChapter();
  const activation = activationChapter(channels);
  return [
    twoVectors(),
    slidingVectors(),
    slidingKernel(),
    mapSize(),
    channels,
    activation,
    poolingChapter(activation),
    networkChapter(),
    stepBack(),
    countingChapter(),
  ];
}

function linkTo(chapter) {
  return element("a", { href: `#${chapter.element.id}` }, chapter.element.querySelector("h2").textContent);
}

function contents(links) {
  return element(
    "nav",
    { class: "contents", "aria-label": "Chapters" },
    element(
      "ol",
      {},
      links.map((link) => element("li", {}, link)),
    ),
  );
}

/** The address may name a chapter that was not there yet when the browser looked for it. */
function scrollToAsked(root) {
  const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (asked && root.contains(asked)) asked.scrollIntoView();
}

function introduction() {
  return element(
    "div",
    { class: "introduction" },
    element(
      "p",
      {},
      "Everything that a convolutional network does with an image is done here by hand, in small steps and on numbers that you can change. Arrow keys move between the numbers of a grid; rows and columns count from 0.",
    ),
  );
}

/** Marks the chapter that is being read in the table of contents. */
function watchReading(chapters, links) {
  const visible = new Set();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) visible[isIntersecting ? "add" : "delete"](target);
      const first = chapters.findIndex((chapter) => visible.has(chapter.element));
      links.forEach((link, place) =>
        place === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"),
      );
    },
    { rootMargin: "-10% 0px -50% 0px" },
  );
  chapters.forEach((chapter) => watcher.observe(chapter.element));
  return watcher;
}
