/*
 * Unpacks the page's modules and its views' styles, and starts the first module. It is only used in the files that
 * `convlens export --to html` writes.
 *
 * A page on disk cannot load modules from other files, but it can load them from data: addresses. An import map gives
 * the address of every module under the name that the others import; it must exist before the first module is loaded.
 */
(async () => {
  try {
    if (!("DecompressionStream" in window)) {
      throw new Error("This browser is too old for this page: it lacks DecompressionStream. Please use a newer one.");
    }
    const packed = atob(document.getElementById("convlens-parts")?.textContent ?? "");
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    /** @type {{ modules: Record<string, string>, styles: string[] }} */
    const { modules, styles } = JSON.parse(await new Response(stream).text());
    for (const text of styles) {
      const style = document.createElement("style");
      style.textContent = text;
      document.head.append(style);
    }
    /** @type {Record<string, string>} */
    const imports = {};
    for (const [name, text] of Object.entries(modules)) {
      imports[`convlens/${name}`] = `data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`;
    }
    const map = document.createElement("script");
    map.type = "importmap";
    map.textContent = JSON.stringify({ imports });
    document.head.append(map);
    if (document.readyState === "loading") {
      await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
    }
    await import("convlens/app.js");
  } catch (error) {
    const notice = document.createElement("p");
    notice.setAttribute("role", "alert");
    notice.textContent = error instanceof Error ? error.message : String(error);
    (document.body ?? document.documentElement).append(notice);
    throw error;
  }
})();
