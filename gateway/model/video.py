"""What a leg shows pictures of."""

from enum import StrEnum


class VideoKind(StrEnum):
    """A leg shows at most one picture of each kind."""

    CAMERA = "camera"
    SCREEN = "screen"
