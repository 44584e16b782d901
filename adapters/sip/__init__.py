"""The SIP adapter: phones, PBXs and trunks as members of rooms, over the native SIP thread.

Reading order: ``adapter`` (life cycle), ``transport`` (the native edge: orders out, events in), ``calls``
(the table: who is called, by whom, answered how), ``call`` (one phone in one room), ``liveness``;
``numbers``, ``policy`` and ``registrar`` say who may be reached and where; ``trunks`` and ``trunk`` keep us
registered at PBXs and providers, which ``resolver`` finds. ``translate`` is the only place
where SIP and the model meet. Without a section ``[sip]`` that listens, nothing is opened.
"""

from adapters.sip.adapter import SipAdapter

__all__ = ["SipAdapter"]
