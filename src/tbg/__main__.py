"""`python -m tbg` is the same program as `tbg`."""

from tbg.app.cli import main

if __name__ == "__main__":
    main()
