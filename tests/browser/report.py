"""Looks at reports in headless Chromium: report.py FOLDER, with run.html, sweep.html and width.html in it."""

import json
import pathlib
import shutil
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
PANELS = ["function", "plane", "cylinder", "residuals"]
COURSES = ["course-kernel", "course-turned", "course-mass", "course-loss"]


def browser(profile):
    options = webdriver.ChromeOptions()
    # Told both places, Selenium looks for nothing, and fetches nothing.
    options.binary_location = shutil.which("chromium")
    for flag in FLAGS + [f"--user-data-dir={profile}", "--window-size=1280,900"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


class Page:
    """A report in the browser."""

    def __init__(self, driver, path):
        self.driver = driver
        self.path = path
        # What the browser's own first page asked for does not count.
        driver.get("about:blank")
        driver.get_log("performance")

    def open(self, width, fragment=""):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.get("about:blank")
        self.driver.get(self.path.as_uri() + fragment)
        self.settle()

    def settle(self):
        """Waits until everything has been drawn."""
        script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))"
        self.driver.execute_async_script(script)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def at(self, name):
        return self.driver.find_element(By.ID, name)

    def picture(self, name):
        """A number for the pixels of a canvas."""
        return self.js(
            """const c = document.getElementById(arguments[0]);
            const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            let sum = 0;
            for (let i = 0; i < pixels.length; i++) sum = (sum * 31 + pixels[i]) % 1000003;
            return sum;""",
            name,
        )

    def pictures(self, names):
        return {name: self.picture(name) for name in names}

    def drawn(self, name):
        """Colours on a canvas: an empty one has a single colour."""
        return self.js(
            """const c = document.getElementById(arguments[0]);
            const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
            return new Set(pixels).size;""",
            name,
        )

    def to_frame(self, frame):
        self.js(
            "const s = document.getElementById('slider'); s.value = arguments[0]; s.dispatchEvent(new Event('input'))",
            frame,
        )
        self.settle()

    def quiet(self):
        """No error on the console, and no request but for the file itself."""
        errors = [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        # That pixels are read back is the doing of this script, not of the page.
        errors = [entry for entry in errors if "willReadFrequently" not in entry["message"]]
        assert not errors, errors
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                assert url.split("#")[0] in (self.path.as_uri(), "about:blank"), url

    def fits(self, width):
        """No horizontal scrolling, nothing beyond the window, no cards or captions over each other."""
        found = self.js(
            """const out = [];
            const root = document.documentElement;
            if (root.scrollWidth > root.clientWidth) out.push(`scrolls: ${root.scrollWidth} > ${root.clientWidth}`);
            const visible = (e) => e.offsetParent !== null && e.getBoundingClientRect().width > 0;
            for (const e of document.querySelectorAll('body *')) {
              const box = e.getBoundingClientRect();
              if (visible(e) && !e.closest('.scroll, pre, .hidden') && box.right > root.clientWidth + 1) out.push(`beyond: ${e.tagName}#${e.id}.${e.className}`);
            }
            const apart = (list, name) => {
              const boxes = [...list].filter(visible).map((e) => e.getBoundingClientRect());
              boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
                if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) out.push(`overlap of ${name}`);
              }));
            };
            apart(document.querySelectorAll('main .card'), 'cards');
            for (const card of document.querySelectorAll('.card, .timebar, .top')) apart(card.children, card.className);
            for (const figure of document.querySelectorAll('figure')) apart(figure.children, 'figure');
            const sizes = [...document.querySelectorAll('p, td, th, label, button')].filter(visible).map((e) => parseFloat(getComputedStyle(e).fontSize));
            if (sizes.some((size) => size > 0 && size < 12)) out.push('letters below 12 px');
            return out;"""
        )
        assert not found, (width, found)


def contrast(page):
    """The least contrast of text on its card (WCAG asks for 4.5)."""
    return page.js(
        """const light = (text) => {
          const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        let least = 99;
        for (const e of document.querySelectorAll('.card p, .card td, .card th, .card h2, .subtitle, #now span')) {
          if (!e.offsetParent) continue;
          let under = e;
          while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') under = under.parentElement ?? document.body;
          const behind = getComputedStyle(under).backgroundColor;
          if (!behind.startsWith('rgb(')) continue;
          const [a, b] = [light(getComputedStyle(e).color), light(behind)].sort((x, y) => y - x);
          least = Math.min(least, (a + 0.05) / (b + 0.05));
        }
        return least;"""
    )


def look_at_run(page):
    page.open(1280)
    for name in PANELS + COURSES:
        assert page.drawn(name) > 10, f"{name} is empty"
    # The slider moves every panel.
    last = page.pictures(PANELS + COURSES)
    page.to_frame(2)
    second = page.pictures(PANELS + COURSES)
    for name in PANELS + COURSES:
        assert second[name] != last[name], f"{name} does not follow the slider"
    label = page.at("plane").get_attribute("aria-label")
    assert "2.5" in label and "neurons" in label, label
    assert page.at("slider").get_attribute("aria-valuetext") == "t = 2.5, snapshot 2"
    page.to_frame(8)
    assert page.pictures(PANELS) == {name: last[name] for name in PANELS}, "the same time, another picture"

    # Keyboard: arrows move the slider, space plays and stops, Tab reaches everything.
    page.at("slider").send_keys(Keys.ARROW_LEFT)
    page.settle()
    assert page.at("slider").get_attribute("value") == "7"
    assert page.picture("function") != last["function"]
    page.at("slider").send_keys(Keys.HOME)
    page.js("document.activeElement.blur()")
    ActionChains(page.driver).send_keys(Keys.SPACE).perform()
    assert page.at("play").get_attribute("aria-label") == "Stop"
    time.sleep(1.5)
    ActionChains(page.driver).send_keys(Keys.SPACE).perform()
    page.settle()
    assert page.at("play").get_attribute("aria-label") == "Play"
    moved = int(page.at("slider").get_attribute("value"))
    assert 1 <= moved <= 7, f"playing came to snapshot {moved}"
    page.js("scrollTo(0, 0); document.activeElement.blur()")
    reached = set()
    for _ in range(40):
        ActionChains(page.driver).send_keys(Keys.TAB).perform()
        if page.js("return document.activeElement === document.body"):
            continue  # once around
        reached.add(page.js("return document.activeElement.id || document.activeElement.className"))
        outline = page.js("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.js("return document.activeElement.outerHTML.slice(0, 90)")
    for name in ["theme", "play", "slider", "speed", "function", "plane", "cylinder", "residuals", "choice"]:
        assert any(found.startswith(name) for found in reached), f"Tab does not reach {name}: {reached}"

    # A cluster lights up everywhere, from its row by keyboard and from the plane by pointer.
    page.to_frame(8)
    page.js("document.activeElement.blur()")
    page.settle()
    plain = page.pictures(PANELS)
    row = page.driver.find_element(By.CSS_SELECTOR, "#clusters tbody tr")
    page.js("arguments[0].focus()", row)
    page.settle()
    lit = page.pictures(PANELS)
    for name in PANELS:
        assert lit[name] != plain[name], f"{name} does not light up"
    page.js("document.activeElement.blur()")
    page.settle()
    assert page.pictures(PANELS) == plain, "something stays lit"
    page.js("arguments[0].focus()", row)
    row.send_keys(Keys.ENTER)
    page.js("document.activeElement.blur()")
    page.settle()
    assert page.picture("plane") != plain["plane"], "Enter does not keep a cluster"
    ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
    page.settle()
    assert page.pictures(PANELS) == plain, "Escape does not let go"

    # Pointing at a sample shows its values, and lights its lines in the plane.
    page.js("document.getElementById('function').scrollIntoView({ block: 'center' })")
    page.settle()
    shown = page.js(
        """const canvas = document.getElementById('function');
        const box = canvas.getBoundingClientRect();
        for (let x = 20; x < box.width; x += 4) for (let y = 10; y < box.height; y += 4) {
          canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
          const text = document.getElementById('tip').textContent;
          if (text.startsWith('sample 2')) return text;
        }"""
    )
    assert shown and "residual" in shown and "x = 0" in shown, shown
    page.settle()
    assert page.picture("plane") != plain["plane"] and page.picture("cylinder") != plain["cylinder"]
    page.js("document.getElementById('function').dispatchEvent(new PointerEvent('pointerleave'))")

    # Light and dark, by the toggle and by what the system prefers.
    for name in ["light", "dark"]:
        page.open(1280, f"#theme={name}")
        assert contrast(page) >= 4.5, (name, contrast(page))
    dark = page.pictures(PANELS)
    page.at("theme").click()
    page.settle()
    assert page.js("return document.documentElement.dataset.theme") == "light"
    assert all(page.picture(name) != dark[name] for name in PANELS)
    prefer = lambda value: page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": value}]}
    )
    prefer("dark")
    page.open(1280)
    assert page.js("return document.documentElement.dataset.theme") == "dark"
    prefer("light")
    page.settle()
    assert page.js("return document.documentElement.dataset.theme") == "light"

    # With less motion it jumps from snapshot to snapshot; else it goes through pictures between them.
    for motion, between in [("reduce", False), ("no-preference", True)]:
        feature = {"name": "prefers-reduced-motion", "value": motion}
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        page.open(1280, "#frame=0&theme=light")
        snapshots = set()
        for frame in range(9):
            page.to_frame(frame)
            snapshots.add(page.picture("plane"))
        assert len(snapshots) == 9, snapshots
        page.to_frame(0)
        page.at("play").click()
        seen, end = set(), time.monotonic() + 15
        while len(seen) < 4 and time.monotonic() < end:
            seen.add(page.picture("plane"))
        page.at("play").click()
        assert len(seen) == 4, "it does not play"
        assert (not seen <= snapshots) == between, (motion, seen, snapshots)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def look_at_density(page):
    """The page of a run without particles: cells move with the slider, lines light up, values are told."""
    courses = [name for name in COURSES if name != "course-turned"]
    page.open(1280)
    assert not page.at("course-turned").is_displayed()
    for name in PANELS + courses:
        assert page.drawn(name) > 10, f"{name} is empty"
    last = page.pictures(PANELS + courses)
    page.to_frame(2)
    for name in PANELS + courses:
        assert page.picture(name) != last[name], f"{name} does not follow the slider"
    assert page.at("plane").get_attribute("aria-label").startswith("The density in the plane at t = 2.5")
    page.to_frame(8)
    assert page.pictures(PANELS) == {name: last[name] for name in PANELS}, "the same time, another picture"
    # Play goes through pictures between snapshots.
    page.to_frame(0)
    page.at("play").click()
    time.sleep(0.5)
    between = page.picture("cylinder")
    page.at("play").click()
    page.settle()
    assert between != page.picture("cylinder")
    # A row of the table lights its line in every picture.
    page.to_frame(8)
    plain = page.pictures(PANELS)
    row = page.driver.find_element(By.CSS_SELECTOR, "#clusters tbody tr")
    page.js("arguments[0].focus()", row)
    page.settle()
    for name in PANELS:
        assert page.picture(name) != plain[name], f"{name} does not light up"
    page.js("document.activeElement.blur()")
    page.settle()
    assert page.pictures(PANELS) == plain, "something stays lit"
    # What a cell, a curve beside it and the strip of knots hold.
    for name, words in [("cylinder", "per unit r and rad"), ("cylinder", "per unit r at r ="), ("plane", "with r < 0"), ("function", "knots at x =")]:
        page.js("document.getElementById(arguments[0]).scrollIntoView({ block: 'center' })", name)
        page.settle()
        shown = page.js(
            """const canvas = document.getElementById(arguments[0]);
            const box = canvas.getBoundingClientRect();
            for (let x = 20; x < box.width; x += 3) for (let y = 10; y < box.height; y += 5) {
              canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
              const text = document.getElementById('tip').textContent;
              if (text.includes(arguments[1])) return text;
            }""",
            name, words,
        )
        assert shown, f"{name} does not tell {words}"
        assert "NaN" not in shown and "–" not in shown, shown
        page.js("document.getElementById(arguments[0]).dispatchEvent(new PointerEvent('pointerleave'))", name)
    for name in ["light", "dark"]:
        page.open(1280, f"#theme={name}")
        assert contrast(page) >= 4.5, (name, contrast(page))


def look_at_sweep(page):
    page.open(1280)
    names = ["lines", "map", "course"]
    for name in names:
        assert page.drawn(name) > 10, f"{name} is empty"
    before = page.pictures(names)
    page.js("const s = document.querySelector('#choose select'); s.value = 'final_pinned_mass'; s.dispatchEvent(new Event('change'))")
    page.settle()
    assert all(page.picture(name) != before[name] for name in names)
    assert "pinned mass" in page.at("map").get_attribute("aria-label")


def look_at_width(page):
    page.open(1280)
    assert page.drawn("deviation") > 10 and page.drawn("members") > 10
    before = page.picture("members")
    page.at("slider").send_keys(Keys.ARROW_RIGHT)
    page.settle()
    assert page.at("now").text.startswith("200 neurons"), page.at("now").text
    assert page.picture("members") != before


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as profile:
        driver = browser(profile)
        try:
            driver.set_script_timeout(20)
            for name, look in [("run", look_at_run), ("density", look_at_density), ("sweep", look_at_sweep), ("width", look_at_width)]:
                page = Page(driver, folder / f"{name}.html")
                look(page)
                for width in [1280, 390]:
                    page.open(width)
                    page.fits(width)
                page.quiet()
        finally:
            driver.quit()
    print("all went well")


main()
