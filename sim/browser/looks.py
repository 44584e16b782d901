"""What can be measured of a page's looks: axe-core's findings, words that are cut, keys too small to hit."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LOOK = """(least) => {
  const all = (what) => [...document.querySelectorAll(what)].filter((node) => node.offsetParent !== null);
  const words = (node) => node.dataset.testid ?? node.textContent.trim().slice(0, 40);
  const root = document.documentElement;
  const scrolls = [root, ...all('main, form')].filter(
    (node) => node.scrollHeight > node.clientHeight + 1 || node.scrollWidth > node.clientWidth + 1);
  const cut = all('button, h1, label, b, .lead').filter((node) => node.scrollWidth > node.clientWidth + 1);
  const small = all('button').filter((node) => {
    const at = node.getBoundingClientRect();
    return at.width < least || at.height < least;
  });
  return [
    ...scrolls.map((node) => `scrolls: ${node.tagName}`),
    ...cut.map((node) => `cut: ${words(node)}`),
    ...small.map((node) => `smaller than ${least} px: ${words(node)}`),
  ];
}"""
_TOUCH_PX = 62
"""docs/ui.md section 6."""


async def faults(page: Page, least_px: int = _TOUCH_PX) -> list[str]:
    """What is wrong with the page as it stands, a line each; empty when nothing is.

    ``least_px``: no key may be smaller; a page under a mouse may ask for less than one under a glove.

    The page's policy must let scripts in (``bypass_csp``). Raises FileNotFoundError without axe-core, which
    ``npm ci`` in ``web`` installs.
    """
    if not await page.evaluate("() => 'axe' in window"):
        await page.add_script_tag(path=_AXE)
    found: dict[str, Any] = await page.evaluate("(rules) => axe.run(document, { runOnly: rules })", _RULES)
    axe = [
        f"axe: {rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]
    ]
    looks: list[str] = await page.evaluate(_LOOK, least_px)
    return axe + looks
