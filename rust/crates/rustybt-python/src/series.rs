//! Prices of an asset as Python hands them over: an int64 buffer, read in place, or a sequence of integers.

use std::ptr::NonNull;

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use rustybt_kernels::books::Series;

/// One price a bar.
pub enum PySeries {
    /// Read in place.
    Narrow(View),
    /// Copied: what int64 can't hold.
    Wide(Vec<i128>),
}

/// The items of a buffer. `_owner` keeps them where they are.
pub struct View {
    first: NonNull<i64>,
    len: usize,
    _owner: PyBuffer<i64>,
}

// SAFETY: the view only reads, memory that `_owner` (itself Send and Sync) keeps exported and in place.
#[expect(unsafe_code)]
unsafe impl Send for View {}
// SAFETY: as above.
#[expect(unsafe_code)]
unsafe impl Sync for View {}

impl View {
    /// None where the object is no contiguous buffer of int64.
    pub fn new(prices: &Bound<'_, PyAny>) -> Option<View> {
        View::of(PyBuffer::get(prices).ok()?, prices.py())
    }

    fn of(buffer: PyBuffer<i64>, py: Python<'_>) -> Option<View> {
        let items = buffer.as_slice(py)?;
        let (first, len) = (
            NonNull::new(items.as_ptr().cast::<i64>().cast_mut())?,
            items.len(),
        );
        Some(View {
            first,
            len,
            _owner: buffer,
        })
    }

    /// The item of a bar; None beyond the last.
    #[inline]
    pub fn get(&self, bar: usize) -> Option<i64> {
        if bar >= self.len {
            return None;
        }
        // SAFETY: `first` and `len` are those of a contiguous slice of i64 that `_owner` keeps exported, so it can't
        // move or shrink; `bar` is below `len`. Volatile, as nothing but custom stops Python from writing to it.
        #[expect(unsafe_code)]
        Some(unsafe { self.first.as_ptr().add(bar).read_volatile() })
    }
}

impl PySeries {
    /// Without a copy where the object is a contiguous buffer of int64.
    pub fn new(prices: &Bound<'_, PyAny>) -> PyResult<PySeries> {
        match View::new(prices) {
            Some(view) => Ok(PySeries::Narrow(view)),
            None => Ok(PySeries::Wide(prices.extract()?)),
        }
    }
}

impl Series for PySeries {
    #[inline]
    fn price(&self, bar: usize) -> Option<i128> {
        match self {
            PySeries::Narrow(view) => view.get(bar).map(i128::from),
            PySeries::Wide(prices) => prices.price(bar),
        }
    }
}
