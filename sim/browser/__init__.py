"""Real Chromium pages with instruments: a numbered microphone and a recorder of what is played.

``chromium`` starts the browser, ``instruments.js`` runs in each page before the page's own scripts,
``page`` is its Python side.
"""
