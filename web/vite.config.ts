import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev -w web` finds a running Panther. */
const panther = process.env.PANTHER_URL ?? 'http://127.0.0.1:8765';

export default defineConfig({
  plugins: [react()],
  // The server puts a new nonce in its place with every answer: CodeMirror adds style elements.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    license: { fileName: 'licences.md' },
  },
  server: { proxy: { '/api': { target: panther, changeOrigin: true } } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test/setup.ts'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
    restoreMocks: true,
    testTimeout: 60_000,
    pool: 'threads',
    isolate: false,
  },
});
