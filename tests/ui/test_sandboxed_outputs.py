"""Outputs of a sandboxed kernel in a live page: useful ones stay, active ones have no effect."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Lab, output, run_all

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.timeout(180)]

ATTEMPTS = {
    "script": "from IPython.display import display, HTML; display(HTML('<script>window.hit_script = 1</script>'))",
    "onerror": 'display(HTML(\'<p>kept</p><img src="data:,x" onerror="window.hit_onerror = 1">\'))',
    "javascript": "from IPython.display import Javascript; display(Javascript('window.hit_javascript = 1'))",
    "markdown": "from IPython.display import Markdown\n"
    'display(Markdown(\'**kept** <img src="data:,x" onerror="window.hit_markdown = 1">\'))',
    "latex": "from IPython.display import Latex; display(Latex(r'$\\text{kept}$'))",
    "update": "h = display(HTML('<p>first</p>'), display_id=True)\n"
    'h.update(HTML(\'<img src="data:,x" onerror="window.hit_update = 1">\'))',
    "widget": 'import ipywidgets; display(ipywidgets.HTML(\'<img src="data:,x" onerror="window.hit_widget = 1">\'))',
    "payload": "get_ipython().set_next_input('hit_payload = 1')",
}
EFFECTIVE = ("script", "onerror", "javascript", "markdown", "update", "widget")


def hits(page: Page) -> set[str]:
    found = page.evaluate("() => Object.keys(window).filter(name => name.startsWith('hit_'))")
    return {name.removeprefix("hit_") for name in found}


def test_text_tables_plots_and_input_work(lab: Lab, page: Page) -> None:
    cells = [
        "import os; print('sandboxed', not os.path.exists('/etc/shadow'))",
        "import pandas; pandas.DataFrame({'column': [1.5, 2.5]})",
        "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]); plt.show()",
        'from IPython.display import SVG\nSVG(\'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>\')',
        "print('hello', input('your name? '))",
    ]
    lab.write("useful.ipynb", cells, "python3-sandboxed")
    lab.open(page, "useful.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    expect(output(page, 0)).to_contain_text("sandboxed True", timeout=30_000)
    expect(output(page, 1).locator("table.dataframe td")).to_have_text(["1.5", "2.5"], timeout=30_000)
    expect(output(page, 2).locator("img[src^='data:image/png']")).to_be_visible(timeout=60_000)
    expect(output(page, 3).locator("img[src^='data:image/svg+xml']")).to_be_attached()
    answer = page.locator(".jp-Stdin-input")
    answer.fill("Ada")
    answer.press("Enter")
    expect(page.locator(".jp-Notebook-cell").nth(4)).to_contain_text("hello Ada")


def test_active_outputs_of_a_sandboxed_kernel_have_no_effect(lab: Lab, page: Page) -> None:
    lab.write("hostile.ipynb", list(ATTEMPTS.values()), "python3-sandboxed")
    lab.open(page, "hostile.ipynb")
    run_all(page)
    names = list(ATTEMPTS)
    notebook = page.locator(".jp-Notebook")
    expect(output(page, names.index("script"))).to_contain_text("Active HTML from a sandboxed kernel is not shown")
    expect(output(page, names.index("onerror"))).to_contain_text("kept")
    expect(output(page, names.index("javascript"))).to_contain_text("JavaScript from a sandboxed kernel")
    expect(output(page, names.index("markdown")).locator("strong")).to_have_text("kept")
    expect(output(page, names.index("widget")).first).to_contain_text("A widget from a sandboxed kernel")
    expect(output(page, names.index("payload"))).to_contain_text("A change by `set_next_input`")
    expect(notebook).not_to_contain_text("hit_payload = 1\nhit_payload")
    page.wait_for_timeout(500)
    assert hits(page) == set()
    assert page.locator(".jp-Notebook-cell").count() <= len(ATTEMPTS) + 1


def test_the_same_outputs_of_a_plain_kernel_do_take_effect(lab: Lab, page: Page) -> None:
    lab.write("plain.ipynb", list(ATTEMPTS.values()), "python3")
    lab.open(page, "plain.ipynb")
    run_all(page)
    wanted = " && ".join(f"window.hit_{name} === 1" for name in EFFECTIVE)
    page.wait_for_function(f"() => {wanted}", timeout=30_000)
    assert hits(page) == set(EFFECTIVE)
    expect(page.locator(".jp-Notebook")).not_to_contain_text("from a sandboxed kernel")


def test_a_sandbox_that_took_too_much_says_why(lab: Lab, page: Page) -> None:
    code = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        kept = os.urandom(1 << 20) * 180
        time.sleep(30)
time.sleep(30)
"""
    lab.write("greedy.ipynb", [code], "small-sandboxed")
    lab.open(page, "greedy.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    expect(output(page, 0)).to_contain_text("400 MiB are allowed", timeout=60_000)
