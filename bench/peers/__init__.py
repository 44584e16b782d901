"""The programs under load, behind one face: start, publish, subscribe, pid, stop."""
