"""The stateful helpers: counters, string sets and dictionaries in the key-value store, under the names of the format
(`panther_detection_helpers.caching`, `panther_oss_helpers`). The store is outside of this process: every call asks for it
through a pipe and waits. Run after sandbox.py, in the same namespace.
"""
import posix
import time as _time

_DAYS_90 = 90 * 24 * 60 * 60
#: Below: seconds from now. From here on: seconds since the epoch.
_FIRST_EPOCH = 1_000_000_000
_MAX_OPERATIONS = 1_000
_operations = [0]


def ask_parent(text):
    """Standard output and input are the pipe; one question, one answer, each behind its length."""
    data = text.encode()
    data = len(data).to_bytes(4, "little") + data
    while data:
        data = data[posix.write(1, data):]
    return _read(int.from_bytes(_read(4), "little")).decode()


def _read(count):
    data = b""
    while len(data) < count:
        data += posix.read(0, count - len(data))
    return data


def _call(op, key, **arguments):
    if not isinstance(key, str):
        raise TypeError(f"key must be a str, not {type(key).__name__}")
    _operations[0] += 1
    if _operations[0] > _MAX_OPERATIONS:
        raise RuntimeError(f"more than {_MAX_OPERATIONS} operations on the key-value store for one event")
    answer = read_json(ask_parent(write_json({"op": op, "key": str.__str__(key), **arguments})))
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["value"]


def find_row(table, key):
    """The row of a lookup table; None where there is no such table, or no such row."""
    if not isinstance(table, str):
        raise TypeError(f"table must be a str, not {type(table).__name__}")
    if key is None or key == "":
        return None
    found = _call("lookup", str(key), table=str.__str__(table))
    return None if found is None else read_json(found)


def _expiry(seconds):
    seconds = int(seconds)
    if seconds <= 0:
        return 0
    return seconds if seconds >= _FIRST_EPOCH else int(_time.time()) + seconds


def _expiry_or_none(seconds):
    return None if seconds is None else _expiry(seconds)


def _strings(values):
    if isinstance(values, str):
        return [str.__str__(values)]
    values = list(values)
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"a string set holds str, not {type(value).__name__}")
    return [str.__str__(value) for value in values]


def get_counter(key, force_ttl_check=False):
    """Counter, 0 if there is none."""
    return _call("get-count", key, force=bool(force_ttl_check))


def increment_counter(key, val=1, epoch_seconds=_DAYS_90):
    """Adds to a counter; its new value."""
    return _call("increment", key, by=int(val), expiresAt=_expiry_or_none(epoch_seconds))


def reset_counter(key):
    _call("reset-count", key)


def set_key_expiration(key, epoch_seconds):
    """When the key's values end: seconds since the epoch, or from now; 0: never."""
    _call("expire", key, expiresAt=_expiry(_DAYS_90 if epoch_seconds is None else epoch_seconds))


def get_string_set(key, force_ttl_check=False):
    """Set of str, empty if there is none."""
    return set(_call("get-strings", key, force=bool(force_ttl_check)))


def put_string_set(key, val, epoch_seconds=None):
    """Replaces the set; an empty one is removed."""
    _call("put-strings", key, values=_strings(val), expiresAt=_expiry(_DAYS_90 if epoch_seconds is None else epoch_seconds))


def add_to_string_set(key, val, epoch_seconds=_DAYS_90):
    """Adds a str or several; the new set."""
    return set(_call("add-strings", key, values=_strings(val), expiresAt=_expiry_or_none(epoch_seconds)))


def remove_from_string_set(key, val, epoch_seconds=_DAYS_90):
    """Removes a str or several; the new set."""
    return set(_call("remove-strings", key, values=_strings(val), expiresAt=_expiry_or_none(epoch_seconds)))


def reset_string_set(key):
    _call("put-strings", key, values=[], expiresAt=None)


def get_dictionary(key, force_ttl_check=False):
    """Dictionary, empty if there is none."""
    text = _call("get-dictionary", key, force=bool(force_ttl_check))
    return {} if text is None else read_json(text)


def put_dictionary(key, val, epoch_seconds=None):
    """Replaces the dictionary."""
    if not isinstance(val, Mapping):
        raise TypeError("panther_detection_helpers: dictionary value must be a Mapping")
    try:
        text = write_json(unwrap(val))
    except TypeError as error:
        raise ValueError("panther_detection_helpers: value is a dictionary, but is not JSON serializable") from error
    _call("put-dictionary", key, json=text, expiresAt=_expiry(_DAYS_90 if epoch_seconds is None else epoch_seconds))


def evaluate_threshold(key, threshold=10, expiry_seconds=3600):
    """Counts the event; True when there are as many as the threshold, and then from the start again."""
    count = increment_counter(key, 1, None)
    if count == 1:
        set_key_expiration(key, int(_time.time()) + int(expiry_seconds))
    if count < threshold:
        return False
    reset_counter(key)
    return True


def check_account_age(key):
    """Whether a non-empty string set that has not expired is under the key."""
    return isinstance(key, str) and key != "" and _call("has-strings", key)


def is_mock(value):
    return isinstance(value, MagicMock)


def _oss_increment_counter(key, val=1):
    """As increment_counter; the expiration stays."""
    return increment_counter(key, val, None)


def _oss_evaluate_threshold(key, threshold=10, expiry_seconds=3600):
    """As evaluate_threshold; a threshold of 1 never fires on the first event."""
    count = increment_counter(key, 1, None)
    if count == 1:
        set_key_expiration(key, int(_time.time()) + int(expiry_seconds))
        return False
    if count < threshold:
        return False
    reset_counter(key)
    return True


_CACHING = {
    function.__name__: function
    for function in (
        get_counter, increment_counter, reset_counter, set_key_expiration, get_string_set, put_string_set,
        add_to_string_set, remove_from_string_set, reset_string_set, get_dictionary, put_dictionary,
        evaluate_threshold, check_account_age,
    )
}
_OSS = {**_CACHING, "increment_counter": _oss_increment_counter, "evaluate_threshold": _oss_evaluate_threshold}

OWN_MODULES.update({
    "panther_detection_helpers": own_module("panther_detection_helpers"),
    "panther_detection_helpers.caching": own_module("panther_detection_helpers.caching", **_CACHING),
    "panther_detection_helpers.mocking": own_module("panther_detection_helpers.mocking", is_mock=is_mock),
    "panther_oss_helpers": own_module("panther_oss_helpers", **_OSS),
})
ALLOWED.update({name: () for name in OWN_MODULES if name.startswith("panther_")})
