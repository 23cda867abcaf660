"""What the services answer, as JSON shapes and as pages: pure, one module for each part of the day."""

__all__: list[str] = []
