/**
 * A tab for a page that takes a while to make. The tab is opened at once, since browsers allow a click to open a tab
 * only for a few seconds.
 */

import { element } from "convlens/interface/dom.js";

/** @type {(ask: () => Promise<{ url: string }>, words: string) => Promise<void>} If `ask` fails, the tab is closed. */
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
