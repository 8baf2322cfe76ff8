//! Rows of plain values, kept as columns: the twin of `rustybt.core.Rows`.

use std::collections::HashMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};
use rustybt_kernels::int::Int;

use crate::number::Number;

/// The values of one place in every row.
enum Column {
    /// Integers of 64 bits, or None.
    Short(Vec<Option<i64>>),
    /// Integers, or None.
    Wide(Vec<Option<Int>>),
    /// Text, or None: where in the table it stands.
    Text(Vec<Option<u32>>, Table),
}

const FEW: usize = 8;

/// Every text that occurs, once.
#[derive(Default)]
struct Table {
    texts: Vec<String>,
    places: HashMap<String, u32>,
}

impl Table {
    fn place(&mut self, text: &str) -> u32 {
        // most are of a few, which are quicker compared than hashed
        let few = self.texts.iter().take(FEW);
        if let Some(place) = few
            .enumerate()
            .find_map(|(place, known)| (known == text).then_some(place))
        {
            return place as u32;
        }
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let place = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}

/// Rows of one width.
#[pyclass(name = "Rows", module = "rustybt._kernels._rustybt")]
pub struct PyRows {
    columns: Vec<Column>,
    len: usize,
}

/// One value of a row that Rust adds.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Of a short column.
    Short(Option<i64>),
    /// Of a wide column.
    Wide(Option<&'a Int>),
    /// Of a column of text.
    Text(Option<&'a str>),
}

#[pymethods]
impl PyRows {
    #[new]
    fn new(kinds: &str) -> PyResult<PyRows> {
        PyRows::of(kinds)
    }

    fn __len__(&self) -> usize {
        self.len
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.since(py, 0)?
            .into_any()
            .try_iter()
            .map(Bound::into_any)
    }

    fn add(&mut self, row: &Bound<'_, PyTuple>) -> PyResult<()> {
        if row.len() != self.columns.len() {
            let wrong = format!("a row of {}, not of {}", row.len(), self.columns.len());
            return Err(PyValueError::new_err(wrong));
        }
        let added = self
            .columns
            .iter_mut()
            .zip(row.iter_borrowed())
            .try_for_each(|(column, value)| column.add(&value));
        match added {
            Ok(()) => self.len += 1,
            // a row that is refused is not there in part
            Err(_) => self
                .columns
                .iter_mut()
                .for_each(|column| column.cut(self.len)),
        }
        added
    }

    fn since<'py>(&self, py: Python<'py>, first: usize) -> PyResult<Bound<'py, PyList>> {
        let row = |place: usize| {
            let values = self.columns.iter().map(|column| column.value(py, place));
            PyTuple::new(py, values.collect::<PyResult<Vec<_>>>()?)
        };
        let rows = (first.min(self.len)..self.len).map(row);
        PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
    }

    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.columns.iter().map(|column| column.whole(py)).collect()
    }
}

impl PyRows {
    /// None as yet; a letter a column.
    pub fn of(kinds: &str) -> PyResult<PyRows> {
        let column = |kind| match kind {
            'n' => Ok(Column::Short(Vec::new())),
            'w' => Ok(Column::Wide(Vec::new())),
            't' => Ok(Column::Text(Vec::new(), Table::default())),
            _ => {
                let wrong = format!("{kind:?} is no kind of column");
                Err(PyValueError::new_err(wrong))
            }
        };
        let columns = kinds.chars().map(column).collect::<PyResult<_>>()?;
        Ok(PyRows { columns, len: 0 })
    }

    /// Adds a row. Its values are of the kinds of the columns.
    #[inline]
    pub fn push<const N: usize>(&mut self, row: [Value<'_>; N]) {
        for (column, value) in self.columns.iter_mut().zip(row) {
            match (column, value) {
                (Column::Short(values), Value::Short(value)) => values.push(value),
                (Column::Wide(values), Value::Wide(value)) => values.push(value.cloned()),
                (Column::Text(values, table), Value::Text(text)) => {
                    values.push(text.map(|text| table.place(text)));
                }
                _ => unreachable!("the rows of a run have fixed kinds"),
            }
        }
        self.len += 1;
    }
}

impl Column {
    fn add(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match self {
            Column::Short(values) => values.push(value.extract()?),
            Column::Wide(values) => {
                values.push(value.extract::<Option<Number>>()?.map(|number| number.0));
            }
            Column::Text(values, table) => {
                let text = value.extract::<Option<std::borrow::Cow<'_, str>>>()?;
                values.push(text.map(|text| table.place(&text)));
            }
        }
        Ok(())
    }

    fn cut(&mut self, len: usize) {
        match self {
            Column::Short(values) => values.truncate(len),
            Column::Wide(values) => values.truncate(len),
            Column::Text(values, _) => values.truncate(len),
        }
    }

    fn value<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Column::Short(values) => Ok(values[place].into_pyobject(py)?),
            Column::Wide(values) => values[place].clone().map(Number).into_pyobject(py),
            Column::Text(values, table) => {
                let text = values[place].map(|code| table.texts[code as usize].as_str());
                Ok(text.into_pyobject(py)?)
            }
        }
    }

    /// All values: bytes of int64 where each is one; of integers of 128 bits the low and the high halves as bytes, and
    /// a byte each whether it is there; of text the table and the places in it as bytes of int64, below zero for
    /// None; else a list.
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Column::Short(values) => match values.iter().copied().collect::<Option<Vec<i64>>>() {
                Some(values) => Ok(bytes(py, values.iter().map(|v| v.to_ne_bytes())).into_any()),
                None => Ok(PyList::new(py, values)?.into_any()),
            },
            Column::Wide(values) => {
                let narrow = |value: &Option<Int>| match value {
                    Some(value) => value.narrow(),
                    None => Some(0),
                };
                let Some(numbers) = values.iter().map(narrow).collect::<Option<Vec<i128>>>() else {
                    let values = values.iter().map(|value| value.clone().map(Number));
                    return Ok(PyList::new(py, values.collect::<Vec<_>>())?.into_any());
                };
                let low = bytes(py, numbers.iter().map(|v| (*v as u64).to_ne_bytes()));
                let high = bytes(py, numbers.iter().map(|v| ((v >> 64) as i64).to_ne_bytes()));
                let there = bytes(py, values.iter().map(|v| [u8::from(v.is_some())]));
                Ok((low, high, there).into_pyobject(py)?.into_any())
            }
            Column::Text(values, table) => {
                let codes = values
                    .iter()
                    .map(|code| code.map_or(-1, i64::from).to_ne_bytes());
                Ok((bytes(py, codes), &table.texts)
                    .into_pyobject(py)?
                    .into_any())
            }
        }
    }
}

fn bytes<const N: usize>(
    py: Python<'_>,
    items: impl Iterator<Item = [u8; N]>,
) -> Bound<'_, PyBytes> {
    let all: Vec<u8> = items.flatten().collect();
    PyBytes::new(py, &all)
}
