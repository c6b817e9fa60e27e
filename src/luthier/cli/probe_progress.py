"""What a probe shows while it measures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.text import Text

from luthier.probes import Progress


@dataclass(frozen=True)
class ProbeProgress:
    """All that is shown of one probe."""

    title: str
    last: Progress | None = None

    def after(self, event: Progress) -> ProbeProgress:
        """The progress once the probe was that far."""
        return replace(self, last=event)

    def notices(self, event: Progress) -> list[str]:
        """Nothing of a probe stays on the screen before its result."""
        return []

    def panel(self, since: float = 0.0, width: int = 80) -> RenderableType:
        """The live display."""
        return Group(
            Text(self.line()), ProgressBar(total=1.0, completed=self.last.fraction if self.last else 0.0, width=width)
        )

    def line(self, since: float = 0.0) -> str:
        """The progress in one line."""
        return f"{self.title}: {self.last.doing if self.last else 'starting'}"
