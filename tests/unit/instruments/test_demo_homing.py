from sim.demo.homing import Homing


def left(room: str, why: str, leg: str = "p1") -> dict[str, str]:
    return {"type": "left", "room": room, "leg": leg, "why": why}


def moved(room: str, to: str) -> list[dict[str, str]]:
    return [{"type": "moved", "room": room, "to": to}, left(room, "moved")]


def test_who_is_sent_out_of_a_room_comes_back_after_the_pause_and_once() -> None:
    homing = Homing("p1", pause_s=8.0)
    homing.told([left("center", "removed"), left("fire", "removed", leg="p2")], now_s=100.0)
    assert homing.due(107.9) == []
    assert homing.due(108.0) == ["center"]
    assert homing.due(200.0) == []


def test_who_is_moved_stays_there_until_sent_out_and_then_goes_where_he_belongs() -> None:
    homing = Homing("p1", pause_s=8.0)
    homing.told([*moved("fire", "hq"), *moved("hq", "traffic")], now_s=0.0)
    assert homing.due(1_000.0) == []
    homing.told([left("traffic", "removed")], now_s=1_000.0)
    assert homing.due(1_008.0) == ["fire"]


def test_who_is_refused_tries_again_after_the_same_pause() -> None:
    homing = Homing("p1", pause_s=8.0)
    homing.told([left("center", "closed")], now_s=0.0)
    for now_s in (8.0, 16.0):
        assert homing.due(now_s) == ["center"]
        homing.refused("center", now_s)
        assert homing.due(now_s + 7.9) == []
