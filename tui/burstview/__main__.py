"""`python -m burstview`, and the console script."""

import signal


def main() -> None:
    """Run the command line; a Ctrl-C during the imports waits until it can be answered."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    from burstview.cli import main as carry_out

    carry_out()


if __name__ == "__main__":
    main()
