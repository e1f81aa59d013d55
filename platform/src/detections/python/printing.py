"""What rules print: kept while a unit test runs, otherwise swallowed. Run before modules.py, whose loggers print, too."""

#: What the running unit test has printed, in parts; None outside of one.
printed = None
#: Characters that are left of what a unit test may print.
room_to_print = 0
MAX_PRINTED = 10_000


class Printing:
    """Keeps what rules print in unit tests, and swallows what they print in live events. One for all: loggers hold it."""

    __slots__ = ()

    def write(self, text):
        global room_to_print
        text = plain(text)
        if printed is not None and text and room_to_print >= 0:
            printed.append(text[:room_to_print])
            room_to_print -= len(text)
        return len(text)

    def flush(self):
        pass


PRINTING = Printing()


def begin_printing():
    global printed, room_to_print
    printed, room_to_print = [], MAX_PRINTED


def end_printing():
    global printed
    text, printed = "".join(printed), None
    return text if room_to_print >= 0 else f"{text}\n... (truncated after {MAX_PRINTED} characters)"
