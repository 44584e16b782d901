"""SIP messages as text (RFC 3261 section 7), as strict as a telephone needs."""

from dataclasses import dataclass, field

_COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "c": "content-type",
    "l": "content-length",
}


@dataclass(slots=True)
class Message:
    """``start``: request line or status line. ``headers``: (name, value) in order."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """Of a request, or of the request that is answered."""
        return self.start.split(" ", 1)[0] if not self.status else self.get("cseq").split()[1]

    def get(self, name: str) -> str:
        """The first value, or empty."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def tag(self, name: str) -> str:
        """The tag parameter of From or To."""
        return parameter(self.get(name), "tag")

    @property
    def branch(self) -> str:
        return parameter(self.get("via"), "branch")

    def encode(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode() + self.body


def parse(data: bytes) -> Message:
    """Raises ValueError for what is no SIP message."""
    head, _, body = data.partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    message = Message(start, body=body)
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"no header: {line!r}")
        key = name.strip().lower()
        message.headers.append((_COMPACT.get(key, key), value.strip()))
    return message


def parameter(value: str, name: str) -> str:
    """``;name=...`` behind an address or a Via; empty when it is not there."""
    for part in value.rpartition(">")[2].split(";")[1:]:
        key, _, text = part.strip().partition("=")
        if key.lower() == name:
            return text
    return ""


def uri_of(value: str) -> str:
    """The URI of ``"name" <uri>;parameters``."""
    return value.partition("<")[2].partition(">")[0] or value.partition(";")[0].strip()
