"""Real Chromium pages with instruments: a numbered microphone and a recorder of what is played.

``chromium`` starts the browser, ``instruments.js`` and ``camera.js`` run in each page before the page's own
scripts, ``page`` is their Python side.
"""
