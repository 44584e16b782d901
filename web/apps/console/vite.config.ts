import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  publicDir: false,
  build: {
    outDir: "../../../adapters/web/static",
    // The responder page is built first, into the same folder.
    emptyOutDir: false,
    target: ["chrome111", "firefox114", "safari16.4"],
    // A data: address would need its own line in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: "console.html" },
  },
});
