"""``python -m gateway``: the same as ``crosspatch``."""

from gateway.app.cli import main

main(prog_name="crosspatch")
