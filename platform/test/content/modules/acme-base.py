from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Optional

__all__ = ["KNOWN_DOMAINS", "Person", "UnknownParty", "deep_get", "person", "texts_in"]

KNOWN_DOMAINS = {"example.com", "example.org"}


class Party:
    kind = "party"

    def __init__(self, name: str):
        self.name = name

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}"


class Person(Party):
    kind = "person"

    def __init__(self, mail: str):
        super().__init__(mail.split("@")[0])
        self.mail = mail


class UnknownParty(Exception): ...


def deep_get(dictionary: Any, *keys: str, default: Optional[Any] = None) -> Any:
    found = reduce(lambda each, key: each.get(key, default) if isinstance(each, Mapping) else default, keys, dictionary)
    return default if found is None else found


def texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts_in(item)]
    if isinstance(value, Sequence):
        return [text for item in value for text in texts_in(item)]
    return []


def person(mail: Optional[str]) -> Person:
    if not mail or "@" not in mail:
        raise UnknownParty(mail)
    return Person(mail)
