"""Benchmarks: ratios against a named peer in one run, medians of alternated rounds. See README.md."""
