//! Rows of plain values, kept as columns: the twin of `rustybt.core.Rows`.

use std::collections::{BTreeMap, HashMap};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};
use rustybt_kernels::int::Int;

use crate::base::{Base, Given};
use crate::frame::{PyArrowFrame, PyAssetTable, Spec};
use crate::number::Number;

/// The code of a text that is None.
pub const NOWHERE: u32 = u32::MAX;

/// The values of one place in every row.
#[derive(Clone)]
pub enum Column {
    /// Integers of 64 bits; 0 where there is none.
    Short(Vec<i64>, Bits),
    /// Integers of 128 bits; 0 where there is none, and where one is longer.
    Wide(Vec<i128>, Bits, BTreeMap<usize, Int>),
    /// Text: where in the table it stands, `NOWHERE` where there is none.
    Text(Vec<u32>, Table),
}

/// Which values of a column are there: no bit at all as long as each is or none is, else one for each, the first the
/// lowest.
#[derive(Clone, Default)]
pub struct Bits {
    bytes: Vec<u8>,
    len: usize,
    missing: usize,
}

impl Bits {
    /// Those of so many.
    pub fn of(mut all: impl ExactSizeIterator<Item = bool>) -> Bits {
        let len = all.len();
        let mut bytes = Vec::with_capacity(len.div_ceil(8));
        let mut there = 0;
        for _ in 0..len.div_ceil(8) {
            let mut byte = 0;
            for (place, one) in all.by_ref().take(8).enumerate() {
                byte |= u8::from(one) << place;
            }
            there += byte.count_ones() as usize;
            bytes.push(byte);
        }
        Bits {
            bytes,
            len,
            missing: len - there,
        }
    }

    /// So many, none of them there.
    pub fn none(len: usize) -> Bits {
        Bits {
            bytes: Vec::new(),
            len,
            missing: len,
        }
    }

    /// Adds one.
    #[inline(always)] // a million times in a run, and next to nothing each
    pub fn push(&mut self, there: bool) {
        let alike = if there { 0 } else { self.len };
        if self.missing == alike {
            self.missing += usize::from(!there);
        } else {
            self.push_mixed(there);
        }
        self.len += 1;
    }

    #[inline(never)]
    fn push_mixed(&mut self, there: bool) {
        if self.missing == 0 || self.missing == self.len {
            let (len, missing) = (self.len, self.missing);
            let bytes = std::mem::take(self).into_bytes();
            *self = Bits {
                bytes,
                len,
                missing,
            };
        }
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(there) << (self.len % 8);
        }
        self.missing += usize::from(!there);
    }

    /// How many are not there.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// A bit for each.
    pub fn into_bytes(self) -> Vec<u8> {
        let bytes = self.len.div_ceil(8);
        if self.missing == self.len {
            return vec![0; bytes];
        }
        if self.missing > 0 {
            return self.bytes;
        }
        let mut all = vec![u8::MAX; bytes];
        if !self.len.is_multiple_of(8) {
            all[bytes - 1] = (1 << (self.len % 8)) - 1;
        }
        all
    }

    /// Whether one is there.
    #[inline]
    pub fn get(&self, place: usize) -> bool {
        self.missing == 0
            || (self.missing < self.len && self.bytes[place / 8] >> (place % 8) & 1 == 1)
    }

    /// As they were when there were only so many.
    fn cut(&mut self, len: usize) {
        let mut kept = Bits::default();
        (0..len).for_each(|place| kept.push(self.get(place)));
        *self = kept;
    }
}

const FEW: usize = 8;

/// Every text that occurs, once.
#[derive(Clone, Default)]
pub struct Table {
    /// In the order of their first occurrence.
    pub texts: Vec<String>,
    places: HashMap<String, u32>,
    last: usize,
}

impl Table {
    #[inline]
    fn place(&mut self, text: &str) -> u32 {
        // most texts are one of a few, and the next is often the one before
        if let Some(known) = self.texts.get(self.last)
            && known == text
        {
            return self.last as u32;
        }
        if let Some(place) = self.texts.iter().take(FEW).position(|known| known == text) {
            self.last = place;
            return place as u32;
        }
        self.sought(text)
    }

    fn sought(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let place = u32::try_from(self.texts.len()).unwrap_or(NOWHERE);
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
    /// For how many rows there is room in all columns.
    room: usize,
}

/// Rows that there is room for from the first one on.
const FIRST_ROOM: usize = 64;
/// Rows up to which there comes to be room for eight times as many: what is full is copied seldom. Then it is twice.
const MANY: usize = 1 << 15;

/// A row that Rust adds, a value after the other, of the kinds of the columns.
pub struct Row<'a> {
    columns: std::slice::IterMut<'a, Column>,
    place: usize,
}

impl Row<'_> {
    /// The value of a short column.
    #[inline(always)] // here and below: called for every value of a run
    pub fn short(mut self, value: impl Into<Option<i64>>) -> Self {
        let Some(Column::Short(values, there)) = self.columns.next() else {
            unreachable!("{KINDS}")
        };
        let value = value.into();
        there.push(value.is_some());
        values.push(value.unwrap_or_default());
        self
    }

    /// The value of a wide column.
    #[inline(always)]
    pub fn wide<'v>(mut self, value: impl Into<Option<&'v Int>>) -> Self {
        let Some(Column::Wide(values, there, longer)) = self.columns.next() else {
            unreachable!("{KINDS}")
        };
        let value = value.into();
        there.push(value.is_some());
        values.push(narrow(self.place, value, longer));
        self
    }

    /// The value of a column of text.
    #[inline(always)]
    pub fn text<'v>(mut self, value: impl Into<Option<&'v str>>) -> Self {
        let Some(Column::Text(codes, table)) = self.columns.next() else {
            unreachable!("{KINDS}")
        };
        codes.push(value.into().map_or(NOWHERE, |text| table.place(text)));
        self
    }
}

const KINDS: &str = "the rows of a run have fixed kinds";

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
            .try_for_each(|(column, value)| column.add(self.len, &value));
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

    fn take(&mut self, other: PyRef<'_, PyRows>) {
        self.columns.clone_from(&other.columns);
        self.len = other.len;
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

    /// The integers of a short column, one for each time that they change from row to row.
    fn changes(&self, place: usize) -> PyResult<Vec<i64>> {
        let mut values = self.short(place)?.0.to_vec();
        values.dedup();
        Ok(values)
    }

    #[pyo3(signature = (table, slots, columns, orders=None, base=None))]
    fn frame(
        &self,
        table: &PyAssetTable,
        slots: usize,
        columns: Vec<Spec>,
        orders: Option<&PyRows>,
        base: Option<(Given, usize)>,
    ) -> PyResult<Option<PyArrowFrame>> {
        let base = match &base {
            None => None,
            Some((given, stamps)) => match Base::of(given) {
                Some(base) => Some((base, *stamps)),
                None => return Ok(None),
            },
        };
        PyArrowFrame::of_rows(self, table, slots, &columns, orders, base)
    }
}

impl PyRows {
    /// None as yet; a letter a column.
    pub fn of(kinds: &str) -> PyResult<PyRows> {
        let column = |kind| match kind {
            'n' => Ok(Column::Short(Vec::new(), Bits::default())),
            'w' => Ok(Column::Wide(Vec::new(), Bits::default(), BTreeMap::new())),
            't' => Ok(Column::Text(Vec::new(), Table::default())),
            _ => {
                let wrong = format!("{kind:?} is no kind of column");
                Err(PyValueError::new_err(wrong))
            }
        };
        let columns = kinds.chars().map(column).collect::<PyResult<_>>()?;
        Ok(PyRows {
            columns,
            len: 0,
            room: 0,
        })
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        for column in &mut self.columns {
            match column {
                Column::Short(values, _) => values.reserve(more),
                Column::Wide(values, _, _) => values.reserve(more),
                Column::Text(codes, _) => codes.reserve(more),
            }
        }
        self.room = self.len + more;
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The column at a place.
    pub fn column(&self, place: usize) -> PyResult<&Column> {
        let none = || PyValueError::new_err(format!("there is no column {place}"));
        self.columns.get(place).ok_or_else(none)
    }

    /// The short column at a place.
    pub fn short(&self, place: usize) -> PyResult<(&[i64], &Bits)> {
        match self.column(place)? {
            Column::Short(values, there) => Ok((values, there)),
            _ => Err(PyValueError::new_err(format!("column {place} is no n"))),
        }
    }

    /// The wide column at a place, and which of its numbers are longer.
    pub fn wide(&self, place: usize) -> PyResult<(&[i128], &Bits, &BTreeMap<usize, Int>)> {
        match self.column(place)? {
            Column::Wide(values, there, longer) => Ok((values, there, longer)),
            _ => Err(PyValueError::new_err(format!("column {place} is no w"))),
        }
    }

    /// Adds a row: all its values are to be given.
    #[inline]
    pub fn row(&mut self) -> Row<'_> {
        if self.len == self.room {
            self.grow();
        }
        self.len += 1;
        Row {
            columns: self.columns.iter_mut(),
            place: self.len - 1,
        }
    }

    #[cold]
    fn grow(&mut self) {
        let more = (7 * self.len).clamp(FIRST_ROOM, MANY);
        self.reserve(more.max(self.len));
    }
}

/// The value in 128 bits; 0 where there is none, or where it is longer and noted among those.
#[inline]
fn narrow(place: usize, value: Option<&Int>, longer: &mut BTreeMap<usize, Int>) -> i128 {
    match value {
        None => 0,
        Some(Int::Narrow(value)) => *value,
        Some(wide) => {
            longer.insert(place, wide.clone());
            0
        }
    }
}

impl Column {
    fn add(&mut self, len: usize, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match self {
            Column::Short(values, there) => {
                let value: Option<i64> = value.extract()?;
                there.push(value.is_some());
                values.push(value.unwrap_or_default());
            }
            Column::Wide(values, there, longer) => {
                let value = value.extract::<Option<Number>>()?.map(|number| number.0);
                there.push(value.is_some());
                values.push(narrow(len, value.as_ref(), longer));
            }
            Column::Text(codes, table) => {
                let text = value.extract::<Option<std::borrow::Cow<'_, str>>>()?;
                codes.push(text.map_or(NOWHERE, |text| table.place(&text)));
            }
        }
        Ok(())
    }

    fn cut(&mut self, len: usize) {
        match self {
            Column::Short(values, there) => {
                if values.len() > len {
                    there.cut(len);
                }
                values.truncate(len);
            }
            Column::Wide(values, there, longer) => {
                if values.len() > len {
                    there.cut(len);
                }
                values.truncate(len);
                longer.remove(&len);
            }
            Column::Text(codes, _) => codes.truncate(len),
        }
    }

    fn value<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Column::Short(values, there) => {
                let value = there.get(place).then_some(values[place]);
                Ok(value.into_pyobject(py)?)
            }
            Column::Wide(values, there, longer) => {
                let value = there.get(place).then(|| match longer.get(&place) {
                    Some(longer) => Number(longer.clone()),
                    None => values[place].into(),
                });
                value.into_pyobject(py)
            }
            Column::Text(codes, table) => {
                let text = table.texts.get(codes[place] as usize);
                Ok(text.map(String::as_str).into_pyobject(py)?)
            }
        }
    }

    fn listed<'py>(&self, py: Python<'py>, len: usize) -> PyResult<Bound<'py, PyAny>> {
        let values = (0..len).map(|place| self.value(py, place));
        let list = PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?;
        Ok(list.into_any())
    }

    /// All values: bytes of int64 where each is one; of integers of 128 bits the low and the high halves as bytes, and
    /// a byte each whether it is there; of text the table and the places in it as bytes of int64, below zero for
    /// None; else a list.
    fn whole<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Column::Short(values, there) if there.missing == 0 => {
                Ok(bytes(py, values.iter().map(|v| v.to_ne_bytes())).into_any())
            }
            Column::Wide(values, there, longer) if longer.is_empty() => {
                let low = bytes(py, values.iter().map(|v| (*v as u64).to_ne_bytes()));
                let high = bytes(py, values.iter().map(|v| ((v >> 64) as i64).to_ne_bytes()));
                let present = (0..values.len()).map(|place| [u8::from(there.get(place))]);
                let present = bytes(py, present);
                Ok((low, high, present).into_pyobject(py)?.into_any())
            }
            Column::Text(codes, table) => {
                let code = |code: &u32| match *code {
                    NOWHERE => (-1_i64).to_ne_bytes(),
                    code => i64::from(code).to_ne_bytes(),
                };
                Ok((bytes(py, codes.iter().map(code)), &table.texts)
                    .into_pyobject(py)?
                    .into_any())
            }
            Column::Short(values, _) => self.listed(py, values.len()),
            Column::Wide(values, _, _) => self.listed(py, values.len()),
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
