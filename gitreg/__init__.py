"""gitreg: a registry for machine learning in a git repository. `gitreg.open()`, `gitreg.start_run()` are the doors."""
