//! The extension module `rustybt._kernels._rustybt`. Converts, and does nothing else.
//!
//! `rustybt/_kernels/_native.py` is the one door to it: it refuses a binary whose ABI, version or source hash
//! is not that of the Python code beside it.

mod applier;
mod arrow;
mod base;
mod books;
mod days;
mod executor;
mod frame;
mod matched;
mod number;
mod order;
mod positions;
mod posting;
mod prices;
mod returns;
mod rows;
mod series;
mod slot;
mod spread;
mod target_sizer;
mod wake;
mod windows;

use pyo3::prelude::*;

/// Counts up with every change of what Python calls here; `KERNEL_ABI` in rustybt/_kernels/_abi.py must agree.
const ABI: u32 = 29;

/// SHA-256 of the Rust sources, given by the build backend; empty where cargo was run by hand.
const SOURCE_HASH: &str = match option_env!("RUSTYBT_SOURCE_HASH") {
    Some(hash) => hash,
    None => "",
};

/// The SHA-256 of the Rust sources that this binary was built from, in hex; empty where it was not given.
#[pyfunction]
fn source_hash() -> &'static str {
    SOURCE_HASH
}

#[pymodule(name = "_rustybt")]
mod extension {
    use super::*;

    #[pymodule_export]
    use super::source_hash;

    #[pymodule_export]
    use crate::applier::PyApplier;

    #[pymodule_export]
    use crate::books::{PyBooks, whole_steps};

    #[pymodule_export]
    use crate::days::PyDays;

    #[pymodule_export]
    use crate::executor::PyExecutor;

    #[pymodule_export]
    use crate::order::{PyOrder, PyOrderStore};

    #[pymodule_export]
    use crate::prices::{PyPrices, answering};

    #[pymodule_export]
    use crate::positions::positions_frame;

    #[pymodule_export]
    use crate::matched::matched_lots;

    #[pymodule_export]
    use crate::returns::{PyReturns, grows_by_values, returns_of, shares};

    #[pymodule_export]
    use crate::rows::PyRows;

    #[pymodule_export]
    use crate::frame::{PyArrowFrame, PyAssetTable};

    #[pymodule_export]
    use crate::wake::PyWake;

    #[pymodule_export]
    use crate::target_sizer::PyTargetSizer;

    #[pymodule_export]
    use crate::windows::{distances, known_before, lay, ranked, rolled, smoothed, trailed};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("ABI", ABI)
    }
}
