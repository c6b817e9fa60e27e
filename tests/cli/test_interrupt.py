import os
import signal
from threading import Thread

import pytest

from luthier.cli.interrupt import STOPPING, Interrupt


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_asks_and_the_second_quits(number: int, code: int) -> None:
    told: list[str] = []
    before = signal.getsignal(number)
    with Interrupt(told.append) as interrupt:
        assert (interrupt.asked(), interrupt.exit_code) == (False, 0)
        os.kill(os.getpid(), number)
        assert (interrupt.asked(), interrupt.exit_code, told) == (True, code, [STOPPING])
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_outside_the_main_thread_signals_stay_as_they_are() -> None:
    seen: list[bool] = []

    def enter() -> None:
        with Interrupt(lambda _: None) as interrupt:
            seen.append(interrupt.asked())

    before = signal.getsignal(signal.SIGINT)
    thread = Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [False]
    assert signal.getsignal(signal.SIGINT) is before
