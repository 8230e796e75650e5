"""While a key is in memory, the process leaves no core dump."""

from __future__ import annotations


def forbid_core_dumps() -> None:
    """Set the core size limit to zero where the system has one."""
    try:
        import resource
    except ImportError:  # Windows writes no core files
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
