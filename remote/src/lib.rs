//! The Remote Execution API: its messages, and a client of its services.
