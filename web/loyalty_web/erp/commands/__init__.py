"""The subcommands of `loyalty`, one module per noun."""
