"""The webhook adapter: what happens in rooms, told to programs elsewhere by signed HTTP requests.

Reading order: ``adapter`` (life cycle), ``envelope`` (an event as it is told), ``courier`` (one target: its
queue, its retries), ``signature``. Without a ``[[webhook.targets]]`` nothing is sent.
"""

from adapters.webhook.adapter import WebhookAdapter

__all__ = ["WebhookAdapter"]
