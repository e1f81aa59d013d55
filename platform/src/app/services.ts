/** What commands get from here. Functions import what they need when they are called, so that `--help` stays fast. */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Services } from '../cli/services.ts';
import { dataDir, defaultDataDir } from './data-dir.ts';
import { CONSOLE_DIR, PACKAGE_ROOT, packageVersion } from './package-root.ts';
import { operationServices } from './tools/operations.ts';
import { workerUrl } from './worker-url.ts';

export function services(): Services {
  const version = packageVersion();
  const contentDir = join(PACKAGE_ROOT, 'content');
  return {
    version,
    contentDir,
    ...operationServices(),
    async startPanther(options) {
      const { startPanther } = await import('./up.ts');
      const url = workerUrl('log-processor', './log-processing');
      return startPanther(options, { env: process.env, contentDir, consoleDir: CONSOLE_DIR, version, workerUrl: url });
    },
    async openRunners(dir, lookup) {
      const [{ createRunners }, { installedPackages }] = await Promise.all([
        import('./detections/detection-runners.ts'),
        import('./detections/python-packages.ts'),
      ]);
      return createRunners(
        undefined,
        installedPackages(dataDir(resolve(dir ?? defaultDataDir(process.env))).pythonPackages),
        lookup,
      );
    },
    async fetchPackages({ configFile, dataDir: dir, indexUrl, cwd }) {
      const { installPackages, PYPI, readPipLayer } = await import('./detections/python-packages.ts');
      const { file, requirements } = readPipLayer(configFile, cwd);
      const folder = dataDir(resolve(dir ?? defaultDataDir(process.env))).pythonPackages;
      return { file, packages: await installPackages(requirements, { folder, indexUrl: indexUrl ?? PYPI }) };
    },
    async openIntake(dataDir, configFile, source) {
      const [{ openLocalIntake }, { readConfig }] = await Promise.all([
        import('./tools/local-intake.ts'),
        import('./config.ts'),
      ]);
      const config = await readConfig(configFile, dataDir === undefined ? {} : { dataDir });
      const root = resolve(config.dataDir ?? defaultDataDir(process.env));
      return openLocalIntake({ root, config, env: process.env }, source);
    },
    async openLake(dataDir, configFile) {
      const [{ openLake }, { readConfig }] = await Promise.all([import('./lake/open-lake.ts'), import('./config.ts')]);
      const config = await readConfig(configFile, dataDir === undefined ? {} : { dataDir });
      const root = resolve(config.dataDir ?? defaultDataDir(process.env));
      return openLake({ root, contentDir, config, env: process.env });
    },
    async addedLogTypes(dataDir, configFile) {
      const [{ readAddedLogTypes }, { readConfig }] = await Promise.all([
        import('./lake/known-log-types.ts'),
        import('./config.ts'),
      ]);
      const config = await readConfig(configFile, dataDir === undefined ? {} : { dataDir });
      const root = resolve(config.dataDir ?? defaultDataDir(process.env));
      return readAddedLogTypes({ root, config, env: process.env });
    },
    async openReplay(dataDir, configFile) {
      const [{ openReplay }, { readConfig }] = await Promise.all([
        import('./replay/open-replay.ts'),
        import('./config.ts'),
      ]);
      const config = await readConfig(configFile, dataDir === undefined ? {} : { dataDir });
      const root = resolve(config.dataDir ?? defaultDataDir(process.env));
      return openReplay({ root, contentDir, config, env: process.env });
    },
    async readGit(request) {
      const { readGit } = await import('./detections/git-content.ts');
      return readGit({ ...request, allowsLocal: true }, { env: process.env, tmpDir: tmpdir() });
    },
    async openPacks(dataDir, configFile) {
      const [{ openPacks }, { readConfig }] = await Promise.all([
        import('./detections/open-packs.ts'),
        import('./config.ts'),
      ]);
      const config = await readConfig(configFile, dataDir === undefined ? {} : { dataDir });
      return openPacks({ root: resolve(config.dataDir ?? defaultDataDir(process.env)), config, env: process.env });
    },
    async openRemotePacks(address) {
      return (await import('./detections/remote-packs.ts')).openRemotePacks(address);
    },
    async openLogTarget(options, io) {
      const { openLogTarget } = await import('./tools/filegen.ts');
      return openLogTarget(options, io);
    },
  };
}
