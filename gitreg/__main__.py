"""`python -m gitreg` is the program `gitreg`."""

from gitreg.cli import main

if __name__ == "__main__":
    main()
