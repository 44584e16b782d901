"""The console protocol: msgspec Structs are its one source (JSON Schema and TypeScript are generated)."""
