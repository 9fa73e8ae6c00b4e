"""The page as one file, from disk, with the network off: it computes what the model computes, and asks for nothing."""

from dataclasses import replace

import numpy as np

from convlens.exports import export_html

OFFLINE = {"offline": True, "viewport": {"width": 1000, "height": 800}}
READY = "html[data-ready]"


def test_it_opens_from_disk_and_holds_the_model(open_page, mnist_model, mnist_images, tmp_path):
    samples = mnist_images.subset(np.arange(12))
    path = export_html(mnist_model, tmp_path / "my digits.html", samples)
    assert path.stat().st_size < 300_000
    with open_page(path.as_uri(), **OFFLINE) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_selector(READY)
        assert page.title() == "my digits · Convlens"
        assert page.locator("#tabs a").all_inner_texts() == ["Look inside", "Learn"]
        page.get_by_role("link", name="Learn").click()
        page.locator("#view-learn").wait_for(state="visible")
        assert [url for url in asked if not url.startswith(("data:", "blob:", "file:"))] == []
        logits = page.evaluate(
            """async (pixels) => {
                const { openModel, activations } = await import("convlens/engine/network.js");
                const model = openModel(JSON.parse(document.getElementById("convlens-model").textContent));
                return [...activations(model, Uint8Array.from(pixels)).at(-1).data];
            }""",
            samples.images[3].ravel().tolist(),
        )
    np.testing.assert_allclose(logits, mnist_model.logits(samples.images[3:4])[0], rtol=1e-4, atol=1e-4)


def test_names_with_markup_are_shown_as_they_are(open_page, build_model, tmp_path):
    names = ("</script><script>document.title='caught'</script>", "<img src=x onerror=alert(1)>", "\u202eright to left")
    model = replace(build_model("conv 2 3x3, relu, dense", (1, 8, 8), 3), class_names=names)
    path = export_html(model, tmp_path / "a.html", name="<b>bold</b>")
    with open_page(path.as_uri(), **OFFLINE) as page:
        page.wait_for_selector(READY)
        assert page.title() == "<b>bold</b> · Convlens"
        assert page.locator("img[src=x], #main b").count() == 0
