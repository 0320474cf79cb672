//! pytest as it is run here: its command line, batches and shards, and its reports read back and merged.
