from acme_base import deep_get

TYPES = {"signin": "successful_login", "signin_refused": "failed_login"}


def get_event_type(event):
    return TYPES.get(deep_get(event, "action"))


def get_nothing(_):
    return None
