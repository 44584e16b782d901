"""The radio half of the Rust extension, hub side; the adapter's only importer of it."""

from typing import TYPE_CHECKING

from gateway._native import RadioEdge

if TYPE_CHECKING:
    # A type of the stub; the extension itself has no such name.
    from gateway._native import RadioEvent as RadioEvent  # noqa: PLC0414

__all__ = ["RadioEdge"]
