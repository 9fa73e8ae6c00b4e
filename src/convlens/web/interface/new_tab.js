/**
 * A tab for something that takes a while to be made: opened at once, since browsers let a click open one only for a few
 * seconds.
 */

import { element } from "convlens/interface/dom.js";

/** @type {(ask: () => Promise<{ url: string }>, words: string) => Promise<void>} It closes again if that is refused. */
export async function openWhenReady(ask, words) {
  const tab = window.open("", "_blank");
  if (tab) {
    tab.opener = null;
    tab.document.title = words;
    tab.document.body.append(element("p", { style: { font: "1.1rem system-ui", margin: "3rem" } }, words));
  }
  try {
    const { url } = await ask();
    if (tab) tab.location.replace(new URL(url, document.baseURI));
    else location.assign(url); // a browser that opens no tabs at all
  } catch (error) {
    tab?.close();
    throw error;
  }
}
