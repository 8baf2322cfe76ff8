//! Figures of each window of columns, averages that reach back, and the columns that they are of: the twins of
//! `rustybt/indicators/_blocks.py` and `_smoothed.py`, and of `Grid.numbers`.
//!
//! A table is laid row after row, `wide` values each; time goes from row to row. Every operation is done in the order of the
//! Python code, so that the bits are the same. These are figures that decide: no money is booked from them.
#![expect(clippy::float_arithmetic)] // indicators are floats

use std::cell::Cell;

/// A table of floats, where it lies.
pub trait Table {
    /// How many values there are.
    fn size(&self) -> usize;
    /// So many values from a place on.
    fn read<const L: usize>(&self, at: usize) -> [f64; L];
}

impl Table for [f64] {
    fn size(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn read<const L: usize>(&self, at: usize) -> [f64; L] {
        let values = &self[at..at + L];
        std::array::from_fn(|lane| values[lane])
    }
}

/// A table that is filled.
pub type Found<'a> = &'a [Cell<f64>];

#[inline(always)]
fn write<const L: usize>(found: Found<'_>, at: usize, values: &[f64; L]) {
    for (cell, value) in found[at..at + L].iter().zip(values) {
        cell.set(*value);
    }
}

/// Columns of a table that are worked on at once.
const LANES: usize = 8;

/// What two stretches, one after the other, count for when they are joined.
#[derive(Clone, Copy)]
struct Weights {
    count: f64,
    share: f64,
    weight: f64,
    half: f64,
}

impl Weights {
    /// Of so many values, and so many more.
    fn of(count: usize, more: usize) -> Weights {
        let (first, second) = (count as f64, more as f64);
        let (both, product) = (first + second, first * second);
        Weights {
            count: first,
            share: second / both,
            weight: product / both,
            half: product / 2.0,
        }
    }
}

/// A figure of windows, of `C` columns: what single values are, and what two stretches are together.
trait Figure<const C: usize, const S: usize> {
    fn of(values: [f64; C]) -> [f64; S];
    fn join(a: [f64; S], b: [f64; S], weights: &Weights) -> [f64; S];
}

struct Sum;
impl Figure<1, 1> for Sum {
    #[inline(always)]
    fn of(values: [f64; 1]) -> [f64; 1] {
        values
    }
    #[inline(always)]
    fn join(a: [f64; 1], b: [f64; 1], _: &Weights) -> [f64; 1] {
        [a[0] + b[0]]
    }
}

struct Highest;
impl Figure<1, 1> for Highest {
    #[inline(always)]
    fn of(values: [f64; 1]) -> [f64; 1] {
        [values[0] + 0.0] // there is one zero
    }
    #[inline(always)]
    fn join(a: [f64; 1], b: [f64; 1], _: &Weights) -> [f64; 1] {
        [if a[0] > b[0] || a[0].is_nan() {
            a[0]
        } else {
            b[0]
        }]
    }
}

struct Lowest;
impl Figure<1, 1> for Lowest {
    #[inline(always)]
    fn of(values: [f64; 1]) -> [f64; 1] {
        [values[0] + 0.0]
    }
    #[inline(always)]
    fn join(a: [f64; 1], b: [f64; 1], _: &Weights) -> [f64; 1] {
        [if a[0] < b[0] || a[0].is_nan() {
            a[0]
        } else {
            b[0]
        }]
    }
}

struct Weighted;
impl Figure<1, 2> for Weighted {
    #[inline(always)]
    fn of(values: [f64; 1]) -> [f64; 2] {
        [values[0], values[0]]
    }
    #[inline(always)]
    fn join(a: [f64; 2], b: [f64; 2], weights: &Weights) -> [f64; 2] {
        [a[0] + b[0], a[1] + b[1] + weights.count * b[0]]
    }
}

struct Moments;
impl Figure<1, 2> for Moments {
    #[inline(always)]
    fn of(values: [f64; 1]) -> [f64; 2] {
        [values[0], values[0] * 0.0]
    }
    #[inline(always)]
    fn join(a: [f64; 2], b: [f64; 2], weights: &Weights) -> [f64; 2] {
        let apart = b[0] - a[0];
        [
            a[0] + apart * weights.share,
            a[1] + b[1] + apart * apart * weights.weight,
        ]
    }
}

struct Comoments;
impl Figure<2, 5> for Comoments {
    #[inline(always)]
    fn of(values: [f64; 2]) -> [f64; 5] {
        let [x, y] = values;
        [x, y, x * 0.0, y * 0.0, x * y * 0.0]
    }
    #[inline(always)]
    fn join(a: [f64; 5], b: [f64; 5], weights: &Weights) -> [f64; 5] {
        let (first, second) = (b[0] - a[0], b[1] - a[1]);
        [
            a[0] + first * weights.share,
            a[1] + second * weights.share,
            a[2] + b[2] + first * first * weights.weight,
            a[3] + b[3] + second * second * weights.weight,
            a[4] + b[4] + first * second * weights.weight,
        ]
    }
}

struct Trends;
impl Figure<1, 3> for Trends {
    #[inline(always)]
    fn of(values: [f64; 1]) -> [f64; 3] {
        [values[0], values[0] * 0.0, values[0] * 0.0]
    }
    #[inline(always)]
    fn join(a: [f64; 3], b: [f64; 3], weights: &Weights) -> [f64; 3] {
        let apart = b[0] - a[0];
        [
            a[0] + apart * weights.share,
            a[1] + b[1] + apart * apart * weights.weight,
            a[2] + b[2] + apart * weights.half,
        ]
    }
}

/// Fills `found`, a table for each part of the state, with a figure's state of the window that ends with each value, NaN up to the
/// first whole window. False where there is no such figure of so many columns, or where the tables are not of one shape.
pub fn rolled<T: Table + ?Sized>(
    figure: &str,
    columns: &[&T],
    found: &[Found<'_>],
    wide: usize,
    window: usize,
) -> bool {
    let Some(size) = columns.first().map(|column| column.size()) else {
        return false;
    };
    let alike = columns.iter().all(|column| column.size() == size)
        && found.iter().all(|table| table.len() == size);
    if wide == 0 || window == 0 || !size.is_multiple_of(wide) || !alike {
        return false;
    }
    match (figure, columns.len(), found.len()) {
        ("sum", 1, 1) => all::<Sum, T, 1, 1>(columns, found, wide, window),
        ("highest", 1, 1) => all::<Highest, T, 1, 1>(columns, found, wide, window),
        ("lowest", 1, 1) => all::<Lowest, T, 1, 1>(columns, found, wide, window),
        ("weighted", 1, 2) => all::<Weighted, T, 1, 2>(columns, found, wide, window),
        ("moments", 1, 2) => all::<Moments, T, 1, 2>(columns, found, wide, window),
        ("comoments", 2, 5) => all::<Comoments, T, 2, 5>(columns, found, wide, window),
        ("trends", 1, 3) => all::<Trends, T, 1, 3>(columns, found, wide, window),
        _ => return false,
    }
    true
}

fn all<F: Figure<C, S>, T: Table + ?Sized, const C: usize, const S: usize>(
    columns: &[&T],
    found: &[Found<'_>],
    wide: usize,
    window: usize,
) {
    if columns[0].size() / wide < window {
        for cell in found.iter().copied().flatten() {
            cell.set(f64::NAN);
        }
        return;
    }
    let joining = Joining::of(window);
    let whole = wide - wide % LANES;
    for lane in (0..whole).step_by(LANES) {
        some::<F, T, C, S, LANES>(columns, found, wide, lane, &joining);
    }
    for lane in whole..wide {
        some::<F, T, C, S, 1>(columns, found, wide, lane, &joining);
    }
}

/// The weights of all that is joined in a block, by place: what has begun with the next value, a value with the rest of its
/// block, and the end of a block with the beginning of the next.
struct Joining {
    begun: Vec<Weights>,
    ends: Vec<Weights>,
    whole: Vec<Weights>,
}

impl Joining {
    fn of(window: usize) -> Joining {
        let last = window - 1;
        Joining {
            begun: (0..window).map(|place| Weights::of(place, 1)).collect(),
            ends: (0..last)
                .map(|place| Weights::of(1, last - place))
                .collect(),
            whole: (0..last)
                .map(|place| Weights::of(last - place, place + 1))
                .collect(),
        }
    }
}

type State<const S: usize, const L: usize> = [[f64; L]; S];

/// `L` columns of the tables, from one on.
fn some<F: Figure<C, S>, T: Table + ?Sized, const C: usize, const S: usize, const L: usize>(
    columns: &[&T],
    found: &[Found<'_>],
    wide: usize,
    lane: usize,
    joining: &Joining,
) {
    let (rows, window) = (columns[0].size() / wide, joining.begun.len());
    let last = window - 1;
    let single = |row: usize| single::<F, T, C, S, L>(columns, row * wide + lane);
    let tell = |row: usize, state: &State<S, L>| {
        for (table, values) in found.iter().zip(state) {
            write(table, row * wide + lane, values);
        }
    };
    // the end of the block before, from each place on; of the first block there is none
    let mut ends: Vec<State<S, L>> = vec![[[f64::NAN; L]; S]; window];
    for start in (0..rows).step_by(window) {
        let count = window.min(rows - start);
        let mut begun = single(start);
        for place in 0..count.min(last) {
            if place > 0 {
                begun = joined::<F, C, S, L>(&begun, &single(start + place), &joining.begun[place]);
            }
            if start == 0 {
                tell(place, &ends[place]);
            } else {
                let whole = joined::<F, C, S, L>(&ends[place + 1], &begun, &joining.whole[place]);
                tell(start + place, &whole);
            }
        }
        if count < window {
            return;
        }
        let mut end = single(start + last);
        if last > 0 {
            begun = joined::<F, C, S, L>(&begun, &end, &joining.begun[last]);
        }
        tell(start + last, &begun);
        if start + window == rows {
            return;
        }
        ends[last] = end;
        for place in (1..last).rev() {
            end = joined::<F, C, S, L>(&single(start + place), &end, &joining.ends[place]);
            ends[place] = end;
        }
    }
}

#[inline(always)]
fn single<F: Figure<C, S>, T: Table + ?Sized, const C: usize, const S: usize, const L: usize>(
    columns: &[&T],
    at: usize,
) -> State<S, L> {
    let mut read = [[0.0; L]; C];
    for (values, column) in read.iter_mut().zip(columns) {
        *values = column.read::<L>(at);
    }
    let mut found = [[0.0; L]; S];
    for lane in 0..L {
        let state = F::of(std::array::from_fn(|column| read[column][lane]));
        for part in 0..S {
            found[part][lane] = state[part];
        }
    }
    found
}

#[inline(always)]
fn joined<F: Figure<C, S>, const C: usize, const S: usize, const L: usize>(
    a: &State<S, L>,
    b: &State<S, L>,
    weights: &Weights,
) -> State<S, L> {
    let mut found = [[0.0; L]; S];
    for lane in 0..L {
        let state = F::join(
            std::array::from_fn(|part| a[part][lane]),
            std::array::from_fn(|part| b[part][lane]),
            weights,
        );
        for part in 0..S {
            found[part][lane] = state[part];
        }
    }
    found
}

/// Goes through each column by itself, in groups, from the first row to the last: `step` gets the state of a column and its value
/// there, and gives what is told of it.
fn along<T: Table + ?Sized, S: Copy>(
    values: &T,
    found: Found<'_>,
    wide: usize,
    state: S,
    step: impl Fn(&mut S, f64) -> f64 + Copy,
) {
    let whole = wide - wide % LANES;
    for lane in (0..whole).step_by(LANES) {
        group::<T, S, LANES>(values, found, wide, lane, state, step);
    }
    for lane in whole..wide {
        group::<T, S, 1>(values, found, wide, lane, state, step);
    }
}

#[inline(always)]
fn group<T: Table + ?Sized, S: Copy, const L: usize>(
    values: &T,
    found: Found<'_>,
    wide: usize,
    lane: usize,
    state: S,
    step: impl Fn(&mut S, f64) -> f64,
) {
    let mut states = [state; L];
    for at in (lane..values.size()).step_by(wide) {
        let mut told = values.read::<L>(at);
        for (state, value) in states.iter_mut().zip(&mut told) {
            *value = step(state, *value);
        }
        write(found, at, &told);
    }
}

/// Of each column the mean of the first `seed` values, then the last average plus `share` of its distance to each new value;
/// as a total the sum of the first ones, which is none yet, then the last sum less a share, plus each new value. A missing value
/// gives none, and changes nothing.
pub fn smoothed<T: Table + ?Sized>(
    values: &T,
    found: Found<'_>,
    wide: usize,
    share: f64,
    seed: u64,
    total: bool,
) {
    along(values, found, wide, (0_u64, 0.0_f64), |state, number| {
        let (count, mut sum) = *state;
        if number.is_nan() {
            return f64::NAN;
        }
        if count >= seed {
            sum = if total {
                sum - sum * share + number
            } else {
                sum + (number - sum) * share
            };
            state.1 = sum;
            return sum;
        }
        sum += number;
        let told = count + 1 == seed && !total;
        if told {
            sum /= seed as f64;
        }
        *state = (count + 1, sum);
        if told { sum } else { f64::NAN }
    });
}

/// Of each column the last value before each row that is there; NaN where there is none.
pub fn known_before<T: Table + ?Sized>(values: &T, found: Found<'_>, wide: usize) {
    along(values, found, wide, f64::NAN, |last, value| {
        let told = *last;
        if !value.is_nan() {
            *last = value;
        }
        told
    });
}

/// Of each window the sum of the distances of its values to a middle, from the newest to the oldest; NaN before the first whole
/// window.
pub fn distances<T: Table + ?Sized>(
    values: &T,
    middles: &T,
    found: Found<'_>,
    wide: usize,
    window: usize,
) {
    each_window(values, middles, found, wide, window, |value, middle| {
        (value - middle).abs()
    });
}

/// Of each window how many of its other values are below the last one, those that are equal by half; NaN where one is missing, and
/// before the first whole window.
pub fn ranked<T: Table + ?Sized>(values: &T, found: Found<'_>, wide: usize, window: usize) {
    // the value itself, which is equal to itself, counts a half
    each_window(values, values, found, wide, window, |other, value| {
        if other < value {
            1.0
        } else if other == value {
            0.5
        } else if other > value {
            0.0
        } else {
            f64::NAN
        }
    });
    for cell in found {
        cell.set(cell.get() - 0.5);
    }
}

/// The sum of what comes of each value of a window and a number of its last row.
fn each_window<T: Table + ?Sized>(
    values: &T,
    numbers: &T,
    found: Found<'_>,
    wide: usize,
    window: usize,
    of: impl Fn(f64, f64) -> f64 + Copy,
) {
    let whole = wide - wide % LANES;
    for lane in (0..whole).step_by(LANES) {
        window_group::<T, LANES>(values, numbers, found, wide, lane, window, of);
    }
    for lane in whole..wide {
        window_group::<T, 1>(values, numbers, found, wide, lane, window, of);
    }
}

#[inline(always)]
fn window_group<T: Table + ?Sized, const L: usize>(
    values: &T,
    numbers: &T,
    found: Found<'_>,
    wide: usize,
    lane: usize,
    window: usize,
    of: impl Fn(f64, f64) -> f64,
) {
    for (row, at) in (lane..values.size()).step_by(wide).enumerate() {
        let mut told = [f64::NAN; L];
        if row + 1 >= window {
            let middle = numbers.read::<L>(at);
            told = [0.0; L];
            for back in 0..window {
                let one = values.read::<L>(at - back * wide);
                for lane in 0..L {
                    told[lane] += of(one[lane], middle[lane]);
                }
            }
        }
        write(found, at, &told);
    }
}

/// Of each column the stop that trails a price: the bands that it may move in come in, level and direction go out.
pub fn trailed<T: Table + ?Sized>(
    above: &T,
    below: &T,
    prices: &T,
    levels: Found<'_>,
    directions: Found<'_>,
    wide: usize,
) {
    for lane in 0..wide {
        let (mut top, mut bottom, mut last, mut direction) = (f64::NAN, f64::NAN, f64::NAN, 1.0);
        for at in (lane..prices.size()).step_by(wide) {
            let [upper] = above.read::<1>(at);
            let [lower] = below.read::<1>(at);
            let [price] = prices.read::<1>(at);
            if upper.is_nan() || price.is_nan() {
                levels[at].set(f64::NAN);
                directions[at].set(f64::NAN);
                continue;
            }
            // a band moves away from the price only after the price has passed it
            if !(upper > top && last <= top) {
                top = upper;
            }
            if !(lower < bottom && last >= bottom) {
                bottom = lower;
            }
            if direction > 0.0 && price < bottom {
                direction = -1.0;
            } else if direction < 0.0 && price > top {
                direction = 1.0;
            }
            levels[at].set(if direction > 0.0 { bottom } else { top });
            directions[at].set(direction);
            last = price;
        }
    }
}

/// Integers of one asset, where they lie.
pub trait Integers {
    /// So many from a place on.
    fn read<const L: usize>(&self, at: usize) -> [i64; L];
}

impl Integers for [i64] {
    #[inline(always)]
    fn read<const L: usize>(&self, at: usize) -> [i64; L] {
        let numbers = &self[at..at + L];
        std::array::from_fn(|lane| numbers[lane])
    }
}

/// A column of a table that integers without a gap are laid into: divided by `divisor`, as rows `first` to `end`, the first of them
/// the one at `from`. `missing` elsewhere.
pub struct Laid<'a, N: Integers + ?Sized> {
    /// What is laid.
    pub numbers: &'a N,
    /// The place of the first one.
    pub from: usize,
    /// The row that it goes to.
    pub first: usize,
    /// The row after the last one.
    pub end: usize,
    /// What each is divided by.
    pub divisor: f64,
    /// What the other rows are.
    pub missing: f64,
}

impl<N: Integers + ?Sized> Laid<'_, N> {
    /// Fills a column of a table from a row on, as far as `cells` go; its rows lie `wide` cells apart.
    #[inline(always)]
    fn fill(&self, row: usize, cells: Found<'_>, wide: usize) {
        let count = cells.len().div_ceil(wide);
        let begin = self.first.clamp(row, row + count) - row;
        let end = self.end.clamp(row + begin, row + count) - row;
        for place in (0..begin).chain(end..count) {
            cells[place * wide].set(self.missing);
        }
        let whole = begin + (end - begin) / LANES * LANES;
        for place in (begin..whole).step_by(LANES) {
            self.put::<LANES>(row, place, cells, wide);
        }
        for place in whole..end {
            self.put::<1>(row, place, cells, wide);
        }
    }

    #[inline(always)]
    fn put<const L: usize>(&self, row: usize, place: usize, cells: Found<'_>, wide: usize) {
        let numbers = self.numbers.read::<L>(self.from + row + place - self.first);
        let values = numbers.map(|number| number as f64 / self.divisor);
        for (lane, value) in values.iter().enumerate() {
            cells[(place + lane) * wide].set(*value);
        }
    }
}

/// Rows that are laid of each column before the next one: what they touch of a table stays in a processor's cache.
const TILE: usize = 128;

/// Lays columns into a table, from the first on.
pub fn lay<N: Integers + ?Sized>(columns: &[Laid<'_, N>], found: Found<'_>) {
    let wide = columns.len();
    if wide == 0 {
        return;
    }
    let rows = found.len() / wide;
    for group in (0..wide).step_by(LANES) {
        for row in (0..rows).step_by(TILE) {
            let end = rows.min(row + TILE) * wide;
            for column in group..wide.min(group + LANES) {
                columns[column].fill(row, &found[row * wide + column..end], wide);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Laid, known_before, lay, ranked, rolled, smoothed};

    fn made(size: usize, fill: impl Fn(&[Cell<f64>])) -> Vec<f64> {
        let found = vec![Cell::new(0.0); size];
        fill(&found);
        found.iter().map(Cell::get).collect()
    }

    #[test]
    fn the_windows_of_two_columns() {
        let table = [1.0, 10.0, 2.0, 20.0, 4.0, 0.0, 8.0, -1.0];
        let found = made(8, |found| {
            assert!(rolled("sum", &[&table[..]], &[found], 2, 3));
        });
        assert!(found[..4].iter().all(|value| value.is_nan()));
        assert_eq!(found[4..], [7.0, 30.0, 14.0, 19.0]);
    }

    #[test]
    fn no_figure_of_another_name_or_shape() {
        let (found, table) = ([Cell::new(0.0)], [1.0]);
        assert!(!rolled("product", &[&table[..]], &[&found], 1, 1));
        assert!(!rolled("sum", &[&table[..]], &[], 1, 1));
        assert!(!rolled("sum", &[&table[..0]], &[&found], 1, 1));
        assert!(!rolled("comoments", &[&table[..]], &[&found], 1, 1));
    }

    #[test]
    fn an_average_skips_what_is_missing() {
        let table = [1.0, f64::NAN, 3.0, 6.0];
        let found = made(4, |found| smoothed(&table[..], found, 1, 0.5, 2, false));
        assert!(found[0].is_nan() && found[1].is_nan());
        assert_eq!(found[2..], [2.0, 4.0]);
        let before = made(4, |found| known_before(&table[..], found, 1));
        assert_eq!(before[1..], [1.0, 1.0, 3.0]);
    }

    #[test]
    fn integers_lie_in_the_rows_of_their_life() {
        let numbers = [100_i64, 250, 300];
        let column = |from, first, end, missing| Laid {
            numbers: &numbers[..],
            from,
            first,
            end,
            divisor: 100.0,
            missing,
        };
        let columns = [column(0, 1, 4, 0.0), column(1, 0, 2, 0.5)];
        let found = made(8, |found| lay(&columns, found));
        assert_eq!(found, [0.0, 2.5, 1.0, 3.0, 2.5, 0.5, 3.0, 0.5]);
    }

    #[test]
    fn an_equal_value_counts_by_half() {
        let found = made(4, |found| ranked(&[1.0, 3.0, 2.0, 2.0][..], found, 1, 3));
        assert_eq!(found[2..], [1.0, 0.5]);
    }
}
