"""The wheel alone is the product: it runs the gateway and its page without Rust, Node or a checkout."""

import asyncio
import os
import re
import shutil
import signal
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD_DEADLINE_S = 600
START_DEADLINE_S = 30


async def _run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), BUILD_DEADLINE_S)
    assert process.returncode == 0, output.decode()[-4000:]
    return output.decode()


@pytest.fixture(scope="module")
async def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make wheel`` builds, from the artefacts that are there already."""
    out = tmp_path_factory.mktemp("wheel")
    maturin = Path(sys.executable).with_name("maturin")
    await _run(maturin, "build", "--release", "--locked", "--out", out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
async def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and its locked dependencies; nothing is compiled."""
    venv = tmp_path_factory.mktemp("bare")
    await _run(sys.executable, "-m", "venv", venv)
    pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    await _run(*pip, "--require-hashes", "-r", ROOT / "requirements/run.txt")
    await _run(*pip, "--no-deps", wheel)
    return venv


def _environment(venv: Path, home: Path) -> dict[str, str]:
    return {"PATH": str(venv / "bin"), "HOME": str(home), "CROSSPATCH_HTTP_PORT": "0"}


@pytest.fixture
async def address(bare: Path, tmp_path: Path) -> AsyncIterator[str]:
    """The ready line's address of a gateway started in an empty directory."""
    process = await asyncio.create_subprocess_exec(
        str(bare / "bin/crosspatch"),
        "run",
        cwd=tmp_path,
        env=_environment(bare, tmp_path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_DEADLINE_S):
            while line := (await process.stdout.readline()).decode():
                if ready := re.fullmatch(r"ready (http://127\.0\.0\.1:\d+/)\n", line):
                    break
            else:
                _, log = await process.communicate()
                pytest.fail(f"no ready line: {log.decode()[-4000:]}")
        yield ready[1]
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), START_DEADLINE_S)
    assert process.returncode == 0


def test_the_wheel_holds_the_product_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"gateway", "adapters"}
    assert "gateway/_native.abi3.so" in names
    assert "adapters/web/static/index.html" in names
    assert not [name for name in names if "__pycache__" in name]


async def test_the_installed_wheel_serves_its_page(address: str, bare: Path) -> None:
    assert shutil.which("cargo", path=str(bare / "bin")) is None
    assert shutil.which("node", path=str(bare / "bin")) is None
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        async with http.get(address) as answer:
            page = await answer.text()
        scripts = re.findall(r'<script[^>]+src="([^"]+)"', page)
        assert scripts
        for script in scripts:
            async with http.get(address.rstrip("/") + "/" + script.lstrip("./")) as answer:
                assert "javascript" in answer.content_type
        async with http.get(address + "readyz") as answer:
            assert answer.status == 200


async def test_the_simulator_is_not_in_the_wheel(bare: Path, tmp_path: Path) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    code = "import importlib.util as u; assert u.find_spec('gateway') and not u.find_spec('sim')"
    await _run(bare / "bin/python", "-c", code, cwd=tmp_path, env=env)
