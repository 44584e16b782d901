"""Stand-ins for the edges of the hub, behind the same ports and the same contract suites."""
