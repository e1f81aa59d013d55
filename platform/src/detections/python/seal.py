import sys

for _name in list(sys.modules):
    if _name.split(".")[0] in ("js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core"):
        del sys.modules[_name]
sys.meta_path[:] = [finder for finder in sys.meta_path if "pyodide" not in type(finder).__module__.lower()]
for _name in ("js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core", "ctypes", "_ctypes", "gc", "socket", "_socket"):
    sys.modules[_name] = None
del _name
