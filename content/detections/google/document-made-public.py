from panther_google_workspace import actor, found, value

NAMES = {"change_acl_editors", "change_document_access_scope", "change_document_visibility"}


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "drive", NAMES, is_public)


def is_public(one):
    return value(one, "visibility") in {"people_with_link", "public_on_the_web"} and value(one, "visibility_change") == "external"


def title(event):
    return f"{value(hit(event) or {}, 'doc_title') or 'A document'} shared with everybody by {actor(event)}"


def dedup(event):
    return actor(event)


def alert_context(event):
    one = hit(event) or {}
    return {
        "actor": actor(event),
        "address": event.get("ipAddress"),
        "document": value(one, "doc_title"),
        "documentId": value(one, "doc_id"),
        "visibility": value(one, "visibility"),
    }
