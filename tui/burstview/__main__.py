"""`python -m burstview`."""

from burstview.cli import main

if __name__ == "__main__":
    main()
