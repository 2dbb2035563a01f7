"""What a cell does to its caller: nothing but a result."""

from __future__ import annotations

import asyncio
import time

import pytest

from jupyter_agents.records import CellResult, Json
from jupyter_agents.runtime.kernel import Kernel, Limits
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]


def text(result: CellResult) -> str:
    return "".join(output.get("text", "") for output in result.outputs)


async def test_a_cell_gives_its_result_and_count(kernel: SandboxedKernel) -> None:
    used_as: Kernel = kernel
    first = await used_as.execute("6 * 7")
    second = await used_as.execute("print('hello')")
    assert first.ok
    assert first.outputs[0]["data"]["text/plain"] == "42"
    assert second.outputs == ({"output_type": "stream", "name": "stdout", "text": "hello\n"},)
    assert first.execution_count is not None
    assert second.execution_count == first.execution_count + 1


async def test_outputs_are_streamed_while_the_cell_runs(kernel: SandboxedKernel) -> None:
    seen: list[tuple[float, Json]] = []
    code = "import time; print('early', flush=True); time.sleep(0.6); print('late')"
    result = await kernel.execute(code, on_output=lambda output: seen.append((time.monotonic(), output)))
    assert [output["text"].strip() for _, output in seen] == ["early", "late"]
    assert seen[1][0] - seen[0][0] > 0.3
    assert text(result) == "early\nlate\n"


async def test_an_exception_is_a_result(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("print('before')\n1 / 0")
    assert (result.status, result.error_name, result.error_value) == ("error", "ZeroDivisionError", "division by zero")
    assert result.outputs[-1]["output_type"] == "error"
    assert (await kernel.execute("'still here'")).ok


async def test_exit_from_a_cell_is_a_result(kernel: SandboxedKernel) -> None:
    assert (await kernel.execute("raise SystemExit(3)")).error_name == "SystemExit"
    assert (await kernel.execute("1")).ok


async def test_a_syntax_error_is_a_result(kernel: SandboxedKernel) -> None:
    assert (await kernel.execute("def broken(:")).error_name == "SyntaxError"


async def test_input_ends_at_once_and_says_why(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("name = input('your name? ')", limits=Limits(cell_s=20))
    assert (result.status, result.error_name) == ("error", "EOFError")
    assert "nobody can answer" in result.error_value


async def test_code_may_handle_the_missing_input(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("try:\n    input()\nexcept EOFError:\n    print('went on')")
    assert result.ok
    assert text(result) == "went on\n"


async def test_displayed_outputs_are_updated_and_cleared(kernel: SandboxedKernel) -> None:
    updated = await kernel.execute(
        "from IPython.display import display\nh = display('first', display_id=True)\nprint('x')\nh.update('second')"
    )
    assert [output["output_type"] for output in updated.outputs] == ["display_data", "stream"]
    assert updated.outputs[0]["data"]["text/plain"] == "'second'"
    cleared = await kernel.execute(
        "from IPython.display import clear_output\nprint('gone')\nclear_output(wait=True)\nprint('stays')"
    )
    assert text(cleared) == "stays\n"


async def test_tables_and_plots_come_as_in_a_plain_kernel(kernel: SandboxedKernel) -> None:
    table = await kernel.execute("import pandas; pandas.DataFrame({'a': [1, 2]})")
    plot = await kernel.execute("import matplotlib.pyplot as plt; plt.plot([1, 3, 2]); plt.show()")
    assert "<table" in "".join(table.outputs[0]["data"]["text/html"])
    assert any(output.get("data", {}).get("image/png", "").startswith("iVBOR") for output in plot.outputs)


async def test_output_of_a_child_process_is_seen(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("!echo from a shell")
    assert "from a shell" in text(result)


async def test_long_output_keeps_head_and_tail_and_counts_the_rest(kernel: SandboxedKernel) -> None:
    code = "for i in range(20000): print(f'line {i}')"
    result = await kernel.execute(code, limits=Limits(output_bytes=10_000))
    kept = text(result)
    assert result.ok
    assert kept.startswith("line 0\nline 1\n")
    assert kept.endswith("line 19999\n")
    assert result.dropped_bytes > 190_000
    assert f"{result.dropped_bytes} bytes" in kept
    assert len(kept) < 12_000


async def test_one_huge_output_is_cut(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("print('a' * 3_000_000 + 'END')", limits=Limits(output_bytes=100_000))
    assert len(text(result)) < 110_000
    assert text(result).endswith("END\n")
    assert result.dropped_bytes >= 2_900_000


async def test_an_endless_flood_is_stopped(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("while True: print('x' * 1000)", limits=Limits(output_bytes=20_000))
    assert (result.status, result.error_name) == ("interrupted", "Interrupted")
    assert "was stopped" in result.error_value
    assert (await kernel.execute("1")).ok


async def test_a_cell_over_its_time_is_interrupted(kernel: SandboxedKernel) -> None:
    await kernel.execute("kept = 1")
    result = await kernel.execute("import time; time.sleep(60)", limits=Limits(cell_s=0.5))
    assert (result.status, result.error_name) == ("timeout", "KernelTimeout")
    assert result.duration_s < 4
    assert (await kernel.execute("kept")).ok


async def test_interrupt_reaches_a_child_process(kernel: SandboxedKernel) -> None:
    running = asyncio.create_task(kernel.execute("import subprocess; subprocess.run(['sleep', '60'])"))
    await asyncio.sleep(0.7)
    await kernel.interrupt()
    result = await asyncio.wait_for(running, 10)
    assert (result.status, result.error_name) == ("interrupted", "KeyboardInterrupt")


async def test_a_cancelled_caller_interrupts_its_cell(kernel: SandboxedKernel) -> None:
    running = asyncio.create_task(kernel.execute("import time\nfor done in range(600): time.sleep(0.1)"))
    await asyncio.sleep(0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert int((await kernel.execute("done")).outputs[0]["data"]["text/plain"]) < 50


async def test_a_cell_that_will_not_stop_costs_the_kernel(kernel: SandboxedKernel) -> None:
    await kernel.execute("kept = 1")
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    result = await kernel.execute(code, limits=Limits(cell_s=0.3, interrupt_s=0.5))
    assert result.status == "timeout"
    assert "restarted" in result.error_value
    assert (await kernel.execute("kept")).error_name == "NameError"


async def test_a_dying_kernel_is_a_result_and_can_be_restarted(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("print('last words', flush=True); import os; os._exit(7)")
    assert (result.status, result.error_name) == ("died", "KernelDied")
    assert (await kernel.execute("1")).status == "died"
    await kernel.restart()
    assert (await kernel.execute("1 + 1")).ok
    assert (await kernel.execute("metric('m', 1)")).ok


async def test_a_restart_from_elsewhere_ends_a_running_cell(kernel: SandboxedKernel) -> None:
    running = asyncio.create_task(kernel.execute("import time; time.sleep(60)"))
    await asyncio.sleep(0.4)
    await kernel.restart()
    result = await asyncio.wait_for(running, 5)
    assert (result.status, result.error_value) == ("interrupted", "the kernel was restarted while the cell ran")
    assert (await kernel.execute("1")).ok


async def test_a_failing_listener_does_not_leave_its_cell_running(kernel: SandboxedKernel) -> None:
    def listener(output: Json) -> None:
        raise ValueError("broken listener")

    code = "import time\nfor done in range(600):\n    print(done, flush=True); time.sleep(0.1)"
    with pytest.raises(ValueError, match="broken listener"):
        await kernel.execute(code, on_output=listener)
    assert int((await kernel.execute("done")).outputs[0]["data"]["text/plain"]) < 100


async def test_forged_messages_do_not_break_the_client(kernel: SandboxedKernel) -> None:
    forged = """
from ipykernel.kernelapp import IPKernelApp
kernel = IPKernelApp.instance().kernel
for kind, content in [('stream', {'name': 1}), ('display_data', {'data': [1]}), ('error', {}), ('status', {}),
                      ('update_display_data', {'data': {}, 'transient': 4}), ('clear_output', {'wait': 'x'}),
                      ('stream', {'name': 'stdout', 'text': ['no', 'text']}), (7, {}), ('execute_input', {})]:
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
print('went on')
"""
    result = await kernel.execute(forged, limits=Limits(cell_s=15))
    assert "went on" in text(result) or result.status != "ok"
    assert (await kernel.execute("1")).ok
