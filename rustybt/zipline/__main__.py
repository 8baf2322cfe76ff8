"""`python -m rustybt.zipline FILE ...`: a script written for Zipline, run by RustyBT."""

from rustybt.zipline.command import main

if __name__ == "__main__":
    main()
