"""The radio adapter: two-way radios as members of rooms, over MQTT bridges.

Reading order: ``contract`` (what is said over MQTT that is not timed), ``adapter`` (life cycle), ``registry``
(the table: what came over either connection), ``bridge`` (which session is the true one), ``channel`` (one
radio in one room), ``keying`` and ``over`` (its transmitter), ``listening`` and ``vox`` (whom it transmits);
``edge`` and ``control`` are the two connections, ``broker`` is the one that is run when none is configured.
Nothing is imported here: bridges take ``contract`` without the hub's half.
"""
