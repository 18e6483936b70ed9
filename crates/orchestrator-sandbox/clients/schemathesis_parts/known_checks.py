"""The hooks of `known.toml`."""

import checks  # noqa: F401
import known  # noqa: F401
