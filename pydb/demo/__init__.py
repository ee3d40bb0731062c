"""The example of ``pydb demo``: a telemetry service and a trading service whose old rows are due.

``*.sql`` and ``policies.toml`` are the example itself, ``example`` loads and counts it, ``proof`` compares
the dry run with what went, ``dataset`` deletes one data set with everything below it, ``runner`` is the
whole demonstration and ``screen`` how it looks.
"""
