//! The tests are in `tests/` and `suite/`; this crate has nothing of its own.
