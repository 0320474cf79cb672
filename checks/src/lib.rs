//! Linters, formatters, fixers and type checkers as data: which files, how each is called, what its answers mean.
