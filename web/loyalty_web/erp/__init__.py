"""The small host built on the core: persons and their names, the demo, the `loyalty` command."""
