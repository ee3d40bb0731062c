"""An event as it is read, and as server-sent events carry it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

RESET: Final = "reset"
"""Topic of the event that says: what came before is gone, or was of another stream."""


@dataclass(frozen=True)
class Event:
    """A row of ``pydb.event_read``: ``position`` is where to read on from."""

    position: int
    topic: str
    workspace: str | None
    payload: object
    created_at: datetime
    published_at: datetime
    _frames: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)

    def document(self) -> dict[str, object]:
        """What is told of it to other programs."""
        return {
            "position": self.position,
            "topic": self.topic,
            "workspace": self.workspace,
            "payload": self.payload,
            "created_at": self.created_at.isoformat(),
        }

    def frame(self) -> bytes:
        """Its bytes in a stream of server-sent events; made once, however many subscribers there are."""
        if not self._frames:
            data = json.dumps(self.document(), ensure_ascii=False, separators=(",", ":"))
            self._frames.append(f"id: {self.position}\nevent: {self.topic}\ndata: {data}\n\n".encode())
        return self._frames[0]
