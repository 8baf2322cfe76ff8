"""`python -m rustybt` is the `rustybt` command."""

from rustybt.cli import main

if __name__ == "__main__":
    main()
