"""The page as one file, from disk, with the network off: it computes what the model computes, and asks for nothing."""

from dataclasses import replace

import numpy as np

from convlens.exports import export_html

OFFLINE = {"offline": True, "viewport": {"width": 1000, "height": 800}}
READY = "html[data-ready]"


def test_it_opens_from_disk_and_holds_the_model(open_page, mnist_model, mnist_images, tmp_path):
    samples, held_out = mnist_images.subset(np.arange(12)), mnist_images.subset(np.arange(1000, 1040))
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
        check, found = page.evaluate(
            """async (images) => {
                const { openModel, activations, probabilities } = await import("convlens/engine/network.js");
                const { checkModel } = await import("convlens/engine/check.js");
                const model = openModel(JSON.parse(document.getElementById("convlens-model").textContent));
                const logits = (pixels) => activations(model, Uint8Array.from(pixels)).at(-1).data;
                return [checkModel(model), images.map((pixels) => [...probabilities(model, logits(pixels))])];
            }""",
            held_out.images.reshape(len(held_out), -1).tolist(),
        )
    assert check["agrees"]
    assert 0 < check["worst"] < 1e-4
    np.testing.assert_allclose(found, mnist_model.predict(held_out.images[:, 0]).probabilities, atol=1e-5)


def test_names_with_markup_are_shown_as_they_are(open_page, build_model, tmp_path):
    names = ("</script><script>document.title='caught'</script>", "<img src=x onerror=alert(1)>", "\u202eright to left")
    model = replace(build_model("conv 2 3x3, relu, dense", (1, 8, 8), 3), class_names=names)
    path = export_html(model, tmp_path / "a.html", name="<b>bold</b>")
    with open_page(path.as_uri(), **OFFLINE) as page:
        page.wait_for_selector(READY)
        assert page.title() == "<b>bold</b> · Convlens"
        assert page.locator("img[src=x], #main b").count() == 0
