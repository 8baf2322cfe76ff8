//! The hot parts of RustyBT in plain Rust.
//!
//! The pure-Python twins in `rustybt/_kernels` are the specification: every function here gives the same
//! bits. Nothing in this crate knows of Python, decides a scale or picks a rounding mode.

pub mod books;
pub mod execute;
pub mod fixed;
pub mod int;
pub mod life;
pub mod long;
pub mod lots;
pub mod matching;
mod pocket;
pub mod returns;
pub mod sizing;
mod slot;
pub mod statistics;
pub mod wake;
pub mod windows;
