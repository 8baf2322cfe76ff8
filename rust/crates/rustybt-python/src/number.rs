//! Integers across the border: 64 bits the quick way, 128 in two halves, more only where it must be.

use num_bigint::BigInt;
use pyo3::prelude::*;
use pyo3::types::PyInt;
use rustybt_kernels::int::Int;

/// An argument or a result.
#[derive(Clone)]
pub struct Number(pub Int);

impl From<i128> for Number {
    fn from(value: i128) -> Number {
        Number(Int::from(value))
    }
}

impl FromPyObject<'_, '_> for Number {
    type Error = PyErr;

    #[inline]
    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Number> {
        // an int, or what says by `__index__` that it is one: a float is neither
        match object.extract::<i128>() {
            Ok(narrow) => Ok(Number(Int::from(narrow))),
            Err(_) => Ok(Number(object.extract::<BigInt>()?.into())),
        }
    }
}

impl<'py> IntoPyObject<'py> for Number {
    type Target = PyInt;
    type Output = Bound<'py, PyInt>;
    type Error = PyErr;

    #[inline]
    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyInt>> {
        match self.0 {
            Int::Narrow(value) => match i64::try_from(value) {
                Ok(short) => Ok(short.into_pyobject(py)?),
                Err(_) => Ok(value.into_pyobject(py)?),
            },
            Int::Wide(value) => value.into_pyobject(py),
        }
    }
}
