"""Packages from PyPI that detections import besides the standard library. Their modules are the real ones, which all
detections share. Run after sandbox.py, in the same namespace; `PACKAGES` is filled when a process has been given some.
"""

#: Names of the packages' modules at the top.
PACKAGES = set()


def is_packaged(name):
    return name.partition(".")[0] in PACKAGES


def packaged(name):
    """A frozen copy of a package's module, without the modules that it imports itself."""
    if name in FACADES:
        return FACADES[name]
    real = importlib.import_module(name)
    copy = FACADES[name] = FrozenModule(name, real.__doc__)
    for key, value in vars(real).items():
        if not key.startswith("_") and not isinstance(value, types.ModuleType):
            vars(copy)[key] = value
    parent, _, own = name.rpartition(".")
    if parent:
        vars(packaged(parent))[own] = copy
    return copy


def missing_module(name):
    return ModuleNotFoundError(
        f"No module named {name!r}: it is none of the detections' own and no installed package. Add its package to "
        f"PipLayer in deployments/panther_config.yml and run `panther packages`",
        name=name,
    )


# ---- the SDK of AWS ------------------------------------------------------------------------------------------------


def no_credentials(*_arguments, **_named):
    """Detections have no network: as the SDK does on a machine without credentials."""
    raise aws_errors["NoCredentialsError"]()


class BotoCoreError(Exception):
    def __str__(self):
        return "Unable to locate credentials: detections have no network"


class ClientError(Exception):
    pass


aws_errors = {
    "BotoCoreError": BotoCoreError,
    "ClientError": ClientError,
    "NoCredentialsError": type("NoCredentialsError", (BotoCoreError,), {}),
}
OWN_MODULES.update({
    "boto3": own_module("boto3", client=no_credentials, resource=no_credentials, Session=no_credentials),
    "botocore": own_module("botocore"),
    "botocore.exceptions": own_module("botocore.exceptions", **aws_errors),
})
ALLOWED.update({name: () for name in ("boto3", "botocore", "botocore.exceptions")})
