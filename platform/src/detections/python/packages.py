"""Packages from PyPI that detections import besides the standard library. Their modules are the real ones, which all
detections share. Run after sandbox.py, in the same namespace; `PACKAGES` is filled when a process has been given some.
"""
import importlib.util

#: Names of the packages' modules at the top.
PACKAGES = set()


def add_package(names):
    """Of `/package.whl`, with the names of its modules."""
    import os
    import zipfile

    with zipfile.ZipFile("/package.whl") as wheel:
        wheel.extractall("/packages")
    os.remove("/package.whl")
    if "/packages" not in sys.path:
        sys.path.append("/packages")
        importlib.invalidate_caches()
    PACKAGES.update(names.split())


def load_packages():
    """Before any detection: nobody's time limit is for that. One that cannot be loaded fails where it is imported."""
    for name in sorted(PACKAGES):
        try:
            importlib.import_module(name)
        except Exception:
            continue


def is_packaged(name):
    return name.partition(".")[0] in PACKAGES


def is_packaged_module(name):
    if not is_packaged(name):
        return False
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        # Of a module that is no package.
        return False


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
        f"No module named {name!r}: no global of that id is loaded, and no package that was fetched has it. If it is a "
        "package, run `panther packages`, which fetches those that PipLayer in deployments/panther_config.yml lists",
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
