import { defineConfig } from 'vite';

// Relative addresses: the daemon may stand behind a proxy, under any path.
export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic' },
  build: { outDir: 'dist', target: 'es2020', modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { '/api': 'http://127.0.0.1:7070' } },
});
