"""The commands, a module for each part of the day. Each is loaded when one of its commands is called."""

__all__: list[str] = []
