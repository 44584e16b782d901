"""The instruments that judge media: a numbered audio signal and a burnt-in video frame number.

``tones`` is the alphabet, ``encode`` writes it, ``decode`` reads it back from played PCM, ``report``
says what was heard. ``frame_number`` does the same for pictures. None of them knows a network.
"""
