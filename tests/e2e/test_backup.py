"""A backup taken while a gateway ran is another gateway's beginning, after the first was killed."""

from pathlib import Path

from sim.gateway import gateway
from sim.peers.session import session


async def test_what_was_decided_before_a_backup_stands_after_a_restore_elsewhere(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    async with gateway(first) as hub:
        token = await hub.token(grants="listen,data,dispatch")
        async with session(hub.url, token, "Ann") as line:
            for kind, fields in (
                ("join", {}),
                ("set_mode", {"mode": "conference"}),
                ("send_message", {"message": "m1", "text": "water at the gate"}),
            ):
                answer = await line.ask(kind, room="ops", **fields)
                assert answer["ok"], answer
            await hub.command("backup", str(tmp_path / "backup"), "--config", str(first / "crosspatch.toml"))
        await hub.kill()
    async with gateway(second) as hub:
        await hub.stop()
        said = await hub.command(
            *("restore", str(tmp_path / "backup"), "--replace"),
            *("--config", str(second / "crosspatch.toml")),
        )
        assert "what was there before" in said
        await hub.start()
        async with session(hub.url, token, "Ann") as line:
            room = (await line.ask("join", room="ops"))["room"]
        assert room["mode"] == "conference"
        assert [message["text"] for message in room["messages"]] == ["water at the gate"]
