"""Sans-IO machines: ``switchboard`` is the only entry; the rest is reached through it.

No clock, no await, no random number, no id made here except talkspurt numbers (counted).
"""
