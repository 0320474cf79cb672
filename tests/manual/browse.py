"""Opens the manual in headless Chromium: no error in the console, pages that fit a telephone, a search that
finds a setting, and text that stands out from its background. Exit code 77 where there is no browser."""
import functools
import http.server
import pathlib
import shutil
import sys
import threading

try:
    from playwright.sync_api import Error, sync_playwright
except ImportError:
    print("needs playwright, which is not installed")
    sys.exit(77)

SITE = sys.argv[1]

CONTRAST = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = parts(text).slice(0, 3).map((v) => {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      const all = parts(color);
      if (all.length < 4 || all[3] > 0.9) return color;
    }
    return "rgb(255, 255, 255)";
  };
  let worst = [99, ""];
  for (const node of document.querySelectorAll("main p, main li, main td, main h1, main h2, main a")) {
    if (!node.textContent.trim() || !node.offsetParent) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, node.textContent.slice(0, 40)];
  }
  return worst;
}"""


def main():
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SITE)
    handler.log_message = lambda *_: None
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/"
    pages = [str(path.relative_to(SITE)) for path in sorted(pathlib.Path(SITE).rglob("*.html"))]
    pages = [page for page in pages if page not in ("print.html", "404.html", "toc.html")]
    problems = []
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        except Error as error:
            print("needs a Chromium that playwright starts:", str(error).splitlines()[0])
            sys.exit(77)
        for name, width, height in [("telephone", 375, 667), ("desk", 1280, 800)]:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.on("console", lambda said: said.type == "error" and problems.append(f"console: {said.text}"))
            page.on("pageerror", lambda error: problems.append(f"error: {error}"))
            for path in pages:
                page.goto(base + path)
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    problems.append(f"{path}: {wide} pixels wide on a {name} of {width}")
                ratio, text = page.evaluate(CONTRAST)
                if ratio < 4.5:
                    problems.append(f"{path}: contrast {ratio:.1f} of {text!r}")
        page.goto(base + "index.html?search=resolves_to_platforms")
        page.wait_for_selector("#mdbook-searchresults li, #searchresults li", timeout=10000)
        found = page.inner_text("#mdbook-searchresults, #searchresults")
        if "resolves_to_platforms" not in found:
            problems.append(f"the search finds no setting: {found[:200]}")
        browser.close()
    print("\n".join(problems) or f"{len(pages)} pages")
    sys.exit(1 if problems else 0)


main()
