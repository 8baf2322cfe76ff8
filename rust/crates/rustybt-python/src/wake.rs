//! `Wake` for Python: the twin of `rustybt/_kernels/_wake.py`.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rustybt_kernels::wake::{Awake, Bounds, Wake};

use crate::number::Number;
use crate::order::PyOrder;
use crate::series::PySeries;

/// Which open orders sleep, and what wakes them.
#[pyclass(name = "Wake", module = "rustybt._kernels._rustybt")]
pub struct PyWake {
    wake: Wake<PySeries>,
}

#[pymethods]
impl PyWake {
    #[new]
    fn new() -> PyWake {
        PyWake {
            wake: Wake::default(),
        }
    }

    fn knows(&self, slot: usize) -> bool {
        self.wake.knows(slot)
    }

    fn watch(
        &mut self,
        slot: usize,
        tradable: &Bound<'_, PyAny>,
        lowest: &Bound<'_, PyAny>,
        highest: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let series = (
            PySeries::new(tradable)?,
            PySeries::new(lowest)?,
            PySeries::new(highest)?,
        );
        self.wake.watch(slot, series.0, series.1, series.2);
        Ok(())
    }

    #[pyo3(signature = (slot, number, bar, below, above, from_bar=0, until_bar=None))]
    #[expect(clippy::too_many_arguments)] // whose sleep it is, and its four bounds
    fn sleep(
        &mut self,
        slot: usize,
        number: i64,
        bar: usize,
        below: Option<Number>,
        above: Option<Number>,
        from_bar: usize,
        until_bar: Option<usize>,
    ) -> bool {
        let bounds = Bounds {
            from_bar,
            until_bar: until_bar.unwrap_or(usize::MAX),
            below: below.as_ref().map_or(i128::MIN, bound),
            above: above.as_ref().map_or(i128::MAX, bound),
        };
        self.wake.sleep(slot, number, bar, bounds)
    }

    pub fn forget(&mut self, slot: usize, number: i64) {
        self.wake.forget(slot, number);
    }

    fn stir(&mut self, slot: usize) {
        self.wake.stir(slot);
    }

    pub fn awake<'py>(
        &self,
        py: Python<'py>,
        bar: usize,
        open: &Bound<'py, PyDict>,
    ) -> PyResult<Vec<Bound<'py, PyList>>> {
        let mut found = Vec::new();
        for (slot, queue) in open.iter() {
            let slot: usize = slot.extract()?;
            let queue = queue.cast_into::<PyList>()?;
            match self.wake.of(slot, bar, queue.len()) {
                Some(Awake::None) => {}
                Some(Awake::All) => found.push(PyList::new(py, queue.iter())?),
                Some(Awake::Some) => {
                    let awake = self.of_queue(py, slot, bar, &queue)?;
                    if !awake.is_empty() {
                        found.push(awake);
                    }
                }
                None => return Err(PyIndexError::new_err(format!("there is no bar {bar}"))),
            }
        }
        Ok(found)
    }
}

impl PyWake {
    fn of_queue<'py>(
        &self,
        py: Python<'py>,
        slot: usize,
        bar: usize,
        queue: &Bound<'py, PyList>,
    ) -> PyResult<Bound<'py, PyList>> {
        let awake = PyList::empty(py);
        for order in queue.iter() {
            let number = order.cast::<PyOrder>()?.borrow().number;
            if self.wake.is_awake(slot, bar, number) {
                awake.append(order)?;
            }
        }
        Ok(awake)
    }
}

/// A bound beyond all prices is the last number on its side.
fn bound(number: &Number) -> i128 {
    number.0.narrow().unwrap_or(if number.0.is_negative() {
        i128::MIN
    } else {
        i128::MAX
    })
}
