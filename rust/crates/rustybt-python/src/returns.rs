//! Returns of sessions and what they add up to, as the measures read them.

use num_bigint::{BigInt, BigUint};
use pyo3::prelude::*;
use rustybt_kernels::returns::{self, Returns};
use rustybt_kernels::statistics;

use crate::arrow::decimals;
use crate::number::Number;

/// The returns of a run's sessions at scale 18.
#[pyclass(frozen, name = "Returns", module = "rustybt._kernels._rustybt")]
pub struct PyReturns(Returns);

/// last, lowest, deepest, squares, under, longest
type Path = (BigUint, BigUint, BigUint, BigUint, usize, usize);

#[pymethods]
impl PyReturns {
    fn __len__(&self) -> usize {
        self.0.values().len()
    }

    fn values(&self) -> Vec<i64> {
        self.0.values().to_vec()
    }

    fn ascending(&self) -> Vec<i64> {
        self.0.ascending()
    }

    /// Sums of the powers, those of the losses and of their squares, how many are above zero and below it.
    fn sums(&self) -> ([&BigInt; 4], [&BigInt; 2], [usize; 2]) {
        let Returns {
            powers,
            lost,
            sides,
            ..
        } = &self.0;
        (powers.each_ref(), lost.each_ref(), *sides)
    }

    fn lowest(&self) -> Option<i64> {
        self.0.values().iter().min().copied()
    }

    fn products(&self, other: &PyReturns) -> Option<BigInt> {
        self.0.products(&other.0)
    }

    fn less(&self, other: &PyReturns) -> Option<PyReturns> {
        self.0.less(&other.0).map(PyReturns)
    }

    fn picked(&self, other: &PyReturns, above: bool) -> Option<PyReturns> {
        self.0.picked(&other.0, above).map(PyReturns)
    }

    fn streaks(&self) -> (usize, usize) {
        self.0.streaks()
    }

    fn path(&self) -> Option<Path> {
        let path = self.0.path()?;
        Some((
            path.last,
            path.lowest,
            path.deepest,
            path.squares,
            path.under,
            path.longest,
        ))
    }

    /// The first digits of products, the power of 2 that each is to be multiplied with, and of how many factors.
    fn growth(&self) -> Option<Vec<(BigUint, u64, usize)>> {
        let parts = self.0.growth()?.into_iter();
        Some(
            parts
                .map(|part| (part.product, part.exponent, part.count))
                .collect(),
        )
    }
}

/// A Decimal column of scale 18 as returns; `None` where the twin has to read it.
#[pyfunction]
pub fn returns_of(series: &Bound<'_, PyAny>) -> PyResult<Option<PyReturns>> {
    Ok(decimals(series)?
        .and_then(|values| Returns::new(&values))
        .map(PyReturns))
}

/// The sum of the parts' shares with 40 decimals, and how many there are.
#[pyfunction]
pub fn shares(
    parts: &Bound<'_, PyAny>,
    wholes: &Bound<'_, PyAny>,
) -> PyResult<Option<(Number, usize)>> {
    let (Some(parts), Some(wholes)) = (decimals(parts)?, decimals(wholes)?) else {
        return Ok(None);
    };
    Ok(returns::shares(&parts, &wholes).map(|(sum, count)| (Number(sum), count)))
}

/// Whether the values alone say how capital grew.
#[pyfunction]
pub fn grows_by_values(
    values: &Bound<'_, PyAny>,
    pnl: &Bound<'_, PyAny>,
    returns: &Bound<'_, PyAny>,
) -> PyResult<Option<bool>> {
    let (Some(values), Some(pnl), Some(returns)) =
        (decimals(values)?, decimals(pnl)?, decimals(returns)?)
    else {
        return Ok(None);
    };
    Ok(statistics::grows_by_values(&values, &pnl, &returns))
}
