"""A challenger is trained and judged against the champion."""
