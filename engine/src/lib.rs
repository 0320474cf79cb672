//! Actions: a program, its declared inputs and its outputs; run here, taken from a cache, or run elsewhere.
