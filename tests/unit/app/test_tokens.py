"""Bearers: only what this hub signed, only until it expires; the administrator's link opens once."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.app.private_file import Exposed
from gateway.app.tokens import Tokens
from gateway.model.grants import Grants, Verb
from gateway.model.ids import RoomId
from gateway.model.refusal import Refusal, RefusalCode

NOW = 1_800_000_000.0
TALKER = Grants("medic 7", frozenset({Verb.LISTEN, Verb.TALK}), frozenset({RoomId("ops")}), NOW + 60)


def code(found: object) -> RefusalCode:
    assert isinstance(found, Refusal)
    return found.code


def test_a_bearer_gives_back_the_grants_it_was_issued_for(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    for grants in (TALKER, replace(TALKER, rooms=None), replace(TALKER, verbs=frozenset({Verb.ADMIN}))):
        assert tokens.grants(tokens.issue(grants), NOW) == grants


def test_a_bearer_outlives_a_restart(tmp_path: Path) -> None:
    token = Tokens(tmp_path).issue(TALKER)
    assert Tokens(tmp_path).grants(token, NOW) == TALKER


def test_an_expired_bearer_says_so(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    assert code(tokens.grants(tokens.issue(TALKER), TALKER.expires_at)) is RefusalCode.EXPIRED


def test_a_bearer_of_another_gateway_opens_nothing(tmp_path: Path) -> None:
    token = Tokens(tmp_path / "theirs").issue(TALKER)
    assert code(Tokens(tmp_path / "ours").grants(token, NOW)) is RefusalCode.NOT_ALLOWED


def test_a_bearer_with_any_character_changed_opens_nothing(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    token = tokens.issue(TALKER)
    body, mac = token.split(".")
    for at in range(len(body)):
        other = "A" if token[at] != "A" else "B"
        assert code(tokens.grants(token[:at] + other + token[at + 1 :], NOW)) is RefusalCode.NOT_ALLOWED
    for at in range(len(mac)):
        # The last character carries two bits that base64 leaves unused: flip one that counts.
        other = "A" if mac[at] not in "ABCD" else "z"
        forged = f"{body}.{mac[:at]}{other}{mac[at + 1 :]}"
        assert code(tokens.grants(forged, NOW)) is RefusalCode.NOT_ALLOWED


@settings(derandomize=True, max_examples=300)
@given(token=st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: raw.decode("latin-1")))
def test_no_text_is_taken_for_a_bearer_or_raises(tokens: Tokens, token: str) -> None:
    assert code(tokens.grants(token, NOW)) is RefusalCode.NOT_ALLOWED
    assert code(tokens.redeem(token, NOW)) is RefusalCode.NOT_ALLOWED


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    return Tokens(tmp_path_factory.mktemp("tokens"))


def test_the_key_file_is_for_the_gateway_only(tmp_path: Path) -> None:
    Tokens(tmp_path)
    assert stat.S_IMODE((tmp_path / "token.key").stat().st_mode) == 0o600


def test_a_key_file_that_others_can_read_is_refused_with_the_command_to_type(tmp_path: Path) -> None:
    Tokens(tmp_path)
    (tmp_path / "token.key").chmod(0o644)
    with pytest.raises(Exposed, match="chmod 600"):
        Tokens(tmp_path)


def test_the_administrators_link_opens_everything_once(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    link = tokens.administrator_link(NOW)
    assert link is not None
    grants = tokens.grants(link, NOW + 1)
    assert isinstance(grants, Grants)
    assert Verb.ADMIN in grants.verbs
    assert code(tokens.grants(link, NOW + 2)) is RefusalCode.NOT_ALLOWED


def test_the_administrators_link_stays_used_after_a_restart(tmp_path: Path) -> None:
    link = Tokens(tmp_path).administrator_link(NOW)
    assert link is not None
    Tokens(tmp_path).grants(link, NOW)
    again = Tokens(tmp_path)
    assert code(again.grants(link, NOW)) is RefusalCode.NOT_ALLOWED
    assert again.administrator_link(NOW) is None


def test_the_administrators_link_is_swapped_for_a_bearer_that_stays_good(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    link = tokens.administrator_link(NOW)
    assert link is not None
    bearer = tokens.redeem(link, NOW)
    assert isinstance(bearer, str)
    for _ in range(2):
        grants = tokens.grants(bearer, NOW + 60)
        assert isinstance(grants, Grants)
    assert code(tokens.redeem(link, NOW)) is RefusalCode.NOT_ALLOWED


def test_an_unused_link_is_the_same_after_a_restart_and_a_new_one_after_a_day(tmp_path: Path) -> None:
    first = Tokens(tmp_path).administrator_link(NOW)
    assert Tokens(tmp_path).administrator_link(NOW + 60) == first
    assert Tokens(tmp_path).administrator_link(NOW + 2 * 86_400) != first


def test_redeeming_an_ordinary_bearer_gives_it_back(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    token = tokens.issue(TALKER)
    assert tokens.redeem(token, NOW) == token
