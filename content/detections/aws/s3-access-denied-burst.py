def rule(event):
    if event.get("httpstatus") != 403:
        return False
    return event.get("remoteip") is not None


def title(event):
    return f"Many denied requests from {event.get('remoteip')} to S3 bucket {event.get('bucket')}"


def alert_context(event):
    return {
        "sourceIPAddress": event.get("remoteip"),
        "bucket": event.get("bucket"),
        "requester": event.get("requester"),
        "firstKey": event.get("key"),
        "userAgent": event.get("useragent"),
    }
