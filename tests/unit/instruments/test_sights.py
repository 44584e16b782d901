"""How a page's record of pictures is judged: what a picture that stands still, or is withheld, looks like."""

from sim.browser.sights import Record, Sight

STEP_MS = 250
SECONDS = 10
WITHHELD_MS = 500


def counted(rate: int, *, rests: range = range(0), late_ms: int = 0) -> list[tuple[float, int]]:
    """Frames so far, four times a second: ``rate`` a second, none in the steps ``rests``."""
    rows, frames = [], 0
    for step in range(SECONDS * 1000 // STEP_MS):
        frames += 0 if step in rests else rate * STEP_MS // 1000
        rows.append((float(step * STEP_MS + late_ms), frames))
    return rows


def camera(encoded: list[tuple[float, int]]) -> Record:
    return Record((), tuple(encoded), ())


def viewer(received: list[tuple[float, int]]) -> Record:
    seen = Sight(at_ms=0, slot=2, number=1, source=0, shown=True, leg="ann", kind="camera", height=120)
    return Record((seen,), (), tuple((at, 2, frames) for at, frames in received))


def test_what_comes_in_as_it_was_encoded_is_not_withheld() -> None:
    record = viewer(counted(8, late_ms=200))
    assert record.withheld({"ann": camera(counted(8))}, WITHHELD_MS) == []


def test_frames_that_were_encoded_and_did_not_come_in_are_withheld() -> None:
    record = viewer(counted(8, rests=range(12, 16)))
    [freeze] = record.withheld({"ann": camera(counted(8))}, WITHHELD_MS)
    assert (freeze.leg, freeze.slot, freeze.to_ms - freeze.from_ms) == ("ann", 2, 4 * STEP_MS)


def test_an_encoder_that_rested_withheld_nothing() -> None:
    rests = range(12, 20)
    record = viewer(counted(8, rests=rests))
    assert record.withheld({"ann": camera(counted(8, rests=rests))}, WITHHELD_MS) == []


def test_a_slot_that_never_got_anything_is_withheld() -> None:
    assert viewer(counted(0)).withheld({"ann": camera(counted(8))}, WITHHELD_MS) != []
