def rule(event):
    if event.get("eventName") != "ConsoleLogin":
        return False
    # Roles and federated users show their MFA to whom they come from; the root user has a rule of its own.
    if event.deep_get("userIdentity", "type") != "IAMUser":
        return False
    if event.deep_get("responseElements", "ConsoleLogin") != "Success":
        return False
    return event.deep_get("additionalEventData", "MFAUsed") == "No"


def title(event):
    user = event.deep_get("userIdentity", "userName", default="<unknown user>")
    return f"{user} signed in to AWS account {event.get('recipientAccountId')} without MFA"


def alert_context(event):
    return {
        "user": event.deep_get("userIdentity", "arn"),
        "sourceIPAddress": event.get("sourceIPAddress"),
        "userAgent": event.get("userAgent"),
    }
