"""Topics: what is of the contract is taken apart, everything else is nobody's."""

import pytest

from adapters.radio.contract.topics import Address, Kind, hub_state, is_name, parse, topic, untimed_up


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address("hill", up=True, kind=Kind.STATE), "rb/1/hill/up/state"),
        (Address("hill", up=True, kind=Kind.STATUS, channel="vhf1"), "rb/1/hill/up/ch/vhf1/st"),
        (Address("hill", up=False, kind=Kind.CONFIG), "rb/1/hill/dn/cfg"),
        (Address("hill", up=False, kind=Kind.COMMAND, channel="vhf1"), "rb/1/hill/dn/ch/vhf1/cmd"),
    ],
)
def test_an_address_and_its_topic_are_one(address: Address, text: str) -> None:
    assert topic(address) == text
    assert parse(text) == address


def test_the_root_can_be_another() -> None:
    address = Address("hill", up=True, kind=Kind.BIRTH)
    assert parse(topic(address, "site/radio"), "site/radio") == address
    assert parse(topic(address), "site/radio") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rb",
        "rb/1/hill/up",
        "rb/2/hill/up/state",
        "rb/1/hill/sideways/state",
        "rb/1/hill/up/state/",
        "rb/1/hill/up/st",  # a status is a channel's
        "rb/1/hill/up/ch/vhf1/birth",
        "rb/1/hill/up/cfg",
        "rb/1/hill/dn/ch/vhf1/rx",
        "rb/1/Hill/up/state",
        "rb/1/hill/up/ch/vhf 1/st",
        "rb/1/hill/up/ch//st",
        f"rb/1/{'h' * 33}/up/state",
        "rb/1/hub/up/state",
        "rb/1/hub/state",
    ],
)
def test_a_topic_that_the_contract_does_not_have_is_nobodys(text: str) -> None:
    assert parse(text) is None


def test_no_bridge_can_be_called_like_the_hub() -> None:
    assert not is_name("hub")
    assert hub_state() == "rb/1/hub/state"


def test_only_presence_descriptor_and_status_are_retained() -> None:
    retained = {
        (address.up, kind)
        for up in (True, False)
        for channel in (None, "vhf1")
        for kind in Kind
        if (address := parse(topic(Address("hill", up=up, kind=kind, channel=channel))))
        and address.delivery.retain
    }
    assert retained == {(True, Kind.STATE), (True, Kind.BIRTH), (True, Kind.STATUS)}


def test_the_filters_take_what_is_untimed_and_nothing_else() -> None:
    assert untimed_up() == (
        "rb/1/+/up/state",
        "rb/1/+/up/birth",
        "rb/1/+/up/re",
        "rb/1/+/up/ch/+/st",
        "rb/1/+/up/ch/+/ev",
    )
