"""The wheel alone is the product: it runs the gateway and its page without Rust, Node or a checkout."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder

ROOT = Path(__file__).resolve().parents[2]
BUILD_DEADLINE_S = 600
START_DEADLINE_S = 30


def _run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=BUILD_DEADLINE_S,
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make wheel`` builds, from the artefacts that are there already."""
    out = tmp_path_factory.mktemp("wheel")
    _run(Path(sys.executable).with_name("maturin"), "build", "--release", "--locked", "--out", out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and its locked dependencies; nothing is compiled."""
    venv = tmp_path_factory.mktemp("bare")
    _run(sys.executable, "-m", "venv", venv)
    pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    _run(*pip, "--require-hashes", "-r", ROOT / "requirements/run.txt")
    _run(*pip, "--no-deps", wheel)
    return venv


def _environment(venv: Path, home: Path) -> dict[str, str]:
    return {"PATH": str(venv / "bin"), "HOME": str(home), "CROSSPATCH_HTTP_PORT": "0"}


@pytest.fixture
async def printed(bare: Path, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """What a gateway started in an empty directory prints: its address, its administrator link's token."""
    process = await asyncio.create_subprocess_exec(
        str(bare / "bin/crosspatch"),
        "run",
        cwd=tmp_path,
        env=_environment(bare, tmp_path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(START_DEADLINE_S):
            ready = await _line(process, r"ready (http://127\.0\.0\.1:\d+)/")
            token = await _line(process, rf"{re.escape(ready)}/join/(\S+)")
        yield ready, token
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), START_DEADLINE_S)
    assert process.returncode == 0


async def _line(process: asyncio.subprocess.Process, pattern: str) -> str:
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    if found := re.fullmatch(pattern, line.rstrip("\n")):
        return found[1]
    if line:
        pytest.fail(f"unexpected line: {line!r}")
    _, log = await process.communicate()
    pytest.fail(f"the gateway ended: {log.decode()[-4000:]}")


def test_the_wheel_holds_the_product_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"gateway", "adapters"}
    assert "gateway/_native.abi3.so" in names
    assert "adapters/web/static/index.html" in names
    assert not [name for name in names if "__pycache__" in name]


async def test_the_installed_wheel_lets_its_page_talk(
    printed: tuple[str, str], bare: Path, browser: Browser
) -> None:
    assert shutil.which("cargo", path=str(bare / "bin")) is None
    assert shutil.which("node", path=str(bare / "bin")) is None
    address, token = printed
    async with open_page(browser) as opened:
        page = Responder(opened)
        await page.join(address, token, "ops", "Ada")
        await page.press()
        await page.release()


def test_the_simulator_is_not_in_the_wheel(bare: Path, tmp_path: Path) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    code = "import importlib.util as u; assert u.find_spec('gateway') and not u.find_spec('sim')"
    _run(bare / "bin/python", "-c", code, cwd=tmp_path, env=env)
