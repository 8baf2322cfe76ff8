//! Figures of windows for Python: tables of floats, row after row, are read and filled where they lie.

use pyo3::buffer::{PyBuffer, ReadOnlyCell};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rustybt_kernels::windows::{self, Found, Integers, Laid, Table};

type Buffer = PyBuffer<f64>;

/// A table that is somebody else's.
struct Cells<'a>(&'a [ReadOnlyCell<f64>]);

impl Table for Cells<'_> {
    fn size(&self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    fn read<const L: usize>(&self, at: usize) -> [f64; L] {
        let values = &self.0[at..at + L];
        std::array::from_fn(|lane| values[lane].get())
    }
}

fn read<'a>(py: Python<'a>, buffer: &'a Buffer) -> PyResult<Cells<'a>> {
    let cells = buffer.as_slice(py).map(Cells);
    cells.ok_or_else(|| PyValueError::new_err("the table is not laid row after row"))
}

/// Tables to read and to fill, all of one shape.
fn tables<'a>(
    py: Python<'a>,
    columns: &'a [Buffer],
    found: &'a [Buffer],
    wide: usize,
) -> PyResult<(Vec<Cells<'a>>, Vec<Found<'a>>)> {
    let read = columns
        .iter()
        .map(|buffer| read(py, buffer))
        .collect::<PyResult<Vec<_>>>()?;
    let filled: Option<Vec<Found<'a>>> =
        found.iter().map(|buffer| buffer.as_mut_slice(py)).collect();
    let filled = filled.ok_or_else(|| PyValueError::new_err("a table can't be filled"))?;
    let size = read.first().map_or(0, Table::size);
    let alike = read.iter().all(|table| table.size() == size)
        && filled.iter().all(|table| table.len() == size);
    if wide == 0 || !size.is_multiple_of(wide) || !alike {
        return Err(PyValueError::new_err("the tables are not of one shape"));
    }
    Ok((read, filled))
}

/// Values from which on Python's lock is let go: below, to take it again would cost more than it gives.
const LARGE: usize = 1 << 13;

/// What is worked on without Python's lock.
struct Unlocked<W>(W);

impl<W: FnOnce() -> T, T> Unlocked<W> {
    fn work(self) -> T {
        (self.0)()
    }
}

// SAFETY: the work reads and fills memory of buffers that the caller keeps exported until it is done, so that it stays where it is.
// Cells forbid a share between threads since two could write at once: the tables that are filled are new, known to the caller
// alone, and nobody writes to those that are read, which are columns of bars and what was computed of them.
#[expect(unsafe_code)]
unsafe impl<W> Send for Unlocked<W> {}

fn unlocked<T: Send>(py: Python<'_>, size: usize, work: impl FnOnce() -> T) -> T {
    if size < LARGE {
        return work();
    }
    let work = Unlocked(work);
    py.detach(move || work.work())
}

/// Integers that are somebody else's.
struct Numbers<'a>(&'a [ReadOnlyCell<i64>]);

impl Integers for Numbers<'_> {
    #[inline(always)]
    fn read<const L: usize>(&self, at: usize) -> [i64; L] {
        let numbers = &self.0[at..at + L];
        std::array::from_fn(|lane| numbers[lane].get())
    }
}

/// Of one column: the numbers, the place of the first that is laid, the row that it goes to and the one after the last, the divisor.
type Told = (PyBuffer<i64>, usize, usize, usize, f64);

/// Fills the rows of `found` with the numbers of each column, divided, and with `missing` where it has none.
#[pyfunction]
pub fn lay(py: Python<'_>, columns: Vec<Told>, missing: f64, found: Buffer) -> PyResult<()> {
    let cells = found.as_mut_slice(py);
    let cells = cells.ok_or_else(|| PyValueError::new_err("a table can't be filled"))?;
    let mut numbers = Vec::with_capacity(columns.len());
    for (buffer, from, first, end, _) in &columns {
        let read = buffer.as_slice(py).map(Numbers);
        let read =
            read.ok_or_else(|| PyValueError::new_err("the numbers are not laid in a row"))?;
        let count = end.saturating_sub(*first);
        if count > 0 && from.saturating_add(count) > read.0.len() {
            return Err(PyValueError::new_err("there are fewer numbers than rows"));
        }
        numbers.push(read);
    }
    let laid: Vec<Laid<'_, Numbers<'_>>> = columns
        .iter()
        .zip(&numbers)
        .map(|(&(_, from, first, end, divisor), numbers)| Laid {
            numbers,
            from,
            first,
            end,
            divisor,
            missing,
        })
        .collect();
    unlocked(py, cells.len(), || windows::lay(&laid, cells));
    Ok(())
}

/// Fills `found` with a figure's state of each window of `columns`.
#[pyfunction]
pub fn rolled(
    py: Python<'_>,
    figure: &str,
    columns: Vec<Buffer>,
    found: Vec<Buffer>,
    wide: usize,
    window: usize,
) -> PyResult<()> {
    let (read, filled) = tables(py, &columns, &found, wide)?;
    let read: Vec<&Cells<'_>> = read.iter().collect();
    let size = read.first().map_or(0, |table| table.size());
    let told = unlocked(py, size, || {
        windows::rolled(figure, &read, &filled, wide, window)
    });
    if told {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "{figure}: no such figure of these tables"
    )))
}

/// Fills `found` with the averages of `values` that reach back.
#[pyfunction]
pub fn smoothed(
    py: Python<'_>,
    values: Buffer,
    found: Buffer,
    wide: usize,
    share: f64,
    seed: u64,
    total: bool,
) -> PyResult<()> {
    let (values, found) = ([values], [found]);
    let (read, filled) = tables(py, &values, &found, wide)?;
    unlocked(py, read[0].size(), || {
        windows::smoothed(&read[0], filled[0], wide, share, seed, total);
    });
    Ok(())
}

/// Fills `found` with the last value before each that is there.
#[pyfunction]
pub fn known_before(py: Python<'_>, values: Buffer, found: Buffer, wide: usize) -> PyResult<()> {
    let (values, found) = ([values], [found]);
    let (read, filled) = tables(py, &values, &found, wide)?;
    unlocked(py, read[0].size(), || {
        windows::known_before(&read[0], filled[0], wide);
    });
    Ok(())
}

/// Fills `found` with the sum of the distances of each window's values to a middle.
#[pyfunction]
pub fn distances(
    py: Python<'_>,
    values: Buffer,
    middles: Buffer,
    found: Buffer,
    wide: usize,
    window: usize,
) -> PyResult<()> {
    let (columns, found) = ([values, middles], [found]);
    let (read, filled) = tables(py, &columns, &found, wide)?;
    unlocked(py, read[0].size(), || {
        windows::distances(&read[0], &read[1], filled[0], wide, window);
    });
    Ok(())
}

/// Fills `found` with how many values of each window are below its last one.
#[pyfunction]
pub fn ranked(
    py: Python<'_>,
    values: Buffer,
    found: Buffer,
    wide: usize,
    window: usize,
) -> PyResult<()> {
    let (values, found) = ([values], [found]);
    let (read, filled) = tables(py, &values, &found, wide)?;
    unlocked(py, read[0].size(), || {
        windows::ranked(&read[0], filled[0], wide, window);
    });
    Ok(())
}

/// Fills levels and directions with the stop that trails prices between bands.
#[pyfunction]
pub fn trailed(
    py: Python<'_>,
    bands_and_prices: [Buffer; 3],
    levels_and_directions: [Buffer; 2],
    wide: usize,
) -> PyResult<()> {
    let (read, filled) = tables(py, &bands_and_prices, &levels_and_directions, wide)?;
    unlocked(py, read[0].size(), || {
        windows::trailed(&read[0], &read[1], &read[2], filled[0], filled[1], wide);
    });
    Ok(())
}
