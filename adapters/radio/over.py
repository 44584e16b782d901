"""One transmitter's overs: the keying machine, its tokens, its orders to the native edge."""

import secrets

from adapters.radio import keying as keys
from adapters.radio.config import RadioChannel
from adapters.radio.edge import Edge
from adapters.radio.keying import Keying, KeyState, Order, Source
from gateway.model.radio import Air

_TOKEN_MAX = 2**32 - 1


class Over:
    """One a channel."""

    def __init__(self, number: int, config: RadioChannel, edge: Edge) -> None:
        self._number = number
        self._config = config
        self._edge = edge
        self._keying = Keying()
        self._token: int | None = None

    @property
    def transmits(self) -> bool:
        """Transmitting is enabled, and the radio can."""
        return self._keying.transmits

    @transmits.setter
    def transmits(self, can: bool) -> None:
        self._keying = keys.enabled(self._keying, transmits=can)

    @property
    def keyed(self) -> bool:
        return self._keying.state in (KeyState.AIR, KeyState.ENDING)

    @property
    def source(self) -> Source | None:
        """Who was last said to be transmitted, while that lasts."""
        return self._keying.wanted

    @property
    def deadline(self) -> float | None:
        return self._keying.retry_at

    def is_current(self, token: int) -> bool:
        """Whether news of this token is about the over under way; anything else is late."""
        return token == self._token

    def feed(self, what: keys.KeyInput, now: float) -> list[Air]:
        """Step the machine, give its orders; what the room is to be told."""
        self._keying, outcome = keys.step(self._keying, what, now)
        told: list[Air] = []
        for one in outcome:
            if isinstance(one, Air):
                told.append(one)
            else:
                self._order(one)
        return told

    def _order(self, order: Order) -> None:
        number = self._number
        match order:
            case Order.KEY:
                self._key()
            case Order.RELEASE:
                self._edge.order(lambda radio: radio.release(number))
            case Order.ABORT:
                self._edge.order(lambda radio: radio.abort(number))

    def _key(self) -> None:
        source = self._keying.wanted
        if source is None:
            raise ValueError("only for somebody who talks")
        token, again = (1 + secrets.randbelow(_TOKEN_MAX) for _ in range(2))
        self._token = token
        who = (source.kind, source.id, source.name)
        limit_ms, number = self._config.tot_ms, self._number
        self._edge.order(
            lambda radio: radio.key(number, token, again, source.priority, limit_ms, who, source.id)
        )
