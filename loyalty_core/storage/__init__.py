"""Where the core's facts are kept: tables, engine settings, unit of work, migrations."""
