"""Text in panels: escaped, since a learner may type anything, and in colours that follow JupyterLab's theme."""

from __future__ import annotations

import re
from html import escape
from typing import Final

__all__ = ["STYLE", "rich", "status"]

#: One style sheet for all panels; outside JupyterLab the second value of each `var` holds.
STYLE: Final = """<style>
.loopback-panel { --ink: var(--jp-ui-font-color1, #1f2933);
  --paper: var(--jp-layout-color1, #fff); --card: var(--jp-layout-color2, #f3f6f9);
  --edge: color-mix(in srgb, var(--ink) 30%, transparent); --accent: var(--jp-brand-color1, #0b6bcb);
  color: var(--ink); border: 1px solid var(--edge); border-radius: 8px; padding: 12px 16px; margin: 4px 0;
  background: var(--paper); box-sizing: border-box; max-width: 100%; overflow: hidden; gap: 6px; }
.loopback-panel .jupyter-widgets { color: var(--ink); }
.loopback-panel .widget-html-content { line-height: 1.5; font-size: 14px; }
.loopback-panel .widget-html, .loopback-panel .widget-html-content { height: auto; white-space: normal; }
.loopback-panel p { margin: 0 0 6px; }
.loopback-panel code { font-family: var(--jp-code-font-family, monospace); font-size: 13px; white-space: pre-wrap;
  overflow-wrap: anywhere; background: var(--card); color: var(--ink); padding: 0 3px; border-radius: 3px; }
.loopback-panel .loopback-question { font-size: 15px; font-weight: 600; }
.loopback-panel .loopback-status { border-left: 4px solid var(--accent); padding: 4px 10px; background: var(--card);
  border-radius: 0 4px 4px 0; }
.loopback-panel .loopback-status p:last-child { margin-bottom: 0; }
.loopback-panel button.jupyter-button { height: auto; min-height: 30px; padding: 2px 14px; line-height: 1.4;
  border: 1px solid var(--edge); border-radius: 4px; color: var(--ink); background: var(--card); width: auto;
  white-space: normal; overflow: visible; }
.loopback-panel button.jupyter-button.mod-primary { background: var(--md-blue-800, #1565c0); color: #fff;
  border-color: transparent; }
.loopback-panel button.jupyter-button:disabled, .loopback-panel button.mod-primary:disabled {
  opacity: .75; color: var(--ink);
  border: 1px dashed var(--edge); background: transparent; box-shadow: none; cursor: not-allowed; }
.loopback-panel button:focus-visible, .loopback-panel input:focus-visible, .loopback-panel select:focus-visible,
.loopback-panel textarea:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.loopback-kernel { border-collapse: collapse; font-size: 13px; margin: 2px 0; }
.loopback-kernel caption { text-align: left; font-size: 12px; font-style: italic; }
.loopback-kernel th, .loopback-kernel td { text-align: left; font-weight: normal; padding: 1px 12px 1px 0;
  vertical-align: top; }
.loopback-panel .widget-text { max-width: calc(100% - 4px); }
.loopback-panel .widget-text input { min-width: 0; }
.loopback-panel .widget-textarea { flex-direction: column; align-items: stretch; }
.loopback-panel .widget-textarea > .widget-label { text-align: left; width: auto; max-width: none; font-size: 13px;
  color: var(--ink); white-space: normal; overflow: visible; height: auto; line-height: 1.5; }
.loopback-panel .widget-textarea { width: 72ch; max-width: calc(100% - 4px); height: auto; }
.loopback-panel .widget-textarea textarea { width: 100%; box-sizing: border-box; font-size: 14px; min-height: 52px; }
</style>"""


def rich(text: str) -> str:
    """The text as HTML: escaped, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def status(*paragraphs: str) -> str:
    """Paragraphs of HTML that a screen reader says aloud when they appear."""
    inside = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs if paragraph)
    return f'<div class="loopback-status" role="status" aria-live="polite">{inside}</div>'
