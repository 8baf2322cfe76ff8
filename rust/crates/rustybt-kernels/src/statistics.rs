//! The statistics of a daily frame over all sessions so far, in one pass: the twin of `rustybt/metrics/_expanding.py`.
//!
//! Ratios are at scale 18, each rounded once, half-even.

use num_bigint::BigInt;
use num_integer::Integer;

use crate::fixed::{Overflow, mul_div_half_even, wide_product};
use crate::int::Int;
use crate::long::Long;

/// `10^18`.
pub const ONE: i128 = 10_i128.pow(18);

/// What the engine knows of its sessions.
pub struct Sessions<'a> {
    /// Portfolio value at each close.
    pub values: &'a [i128],
    /// Profit of each session, at the same scale.
    pub pnl: &'a [i128],
    /// Simple returns.
    pub returns: &'a [i128],
    /// Sessions a year.
    pub periods: u64,
}

/// A value a session, `None` where it is not defined.
pub type Column = Vec<Option<Int>>;

/// The measures over the sessions up to and with each.
pub struct Statistics {
    /// Return since the start.
    pub period_return: Column,
    /// Volatility.
    pub volatility: Column,
    /// Sharpe ratio.
    pub sharpe: Column,
    /// Sortino ratio.
    pub sortino: Column,
    /// Largest fall.
    pub max_drawdown: Column,
}

/// The statistics; `None` where capital came or went, so that the values alone don't say how it grew, and where sums of
/// squares leave 128 bits.
pub fn expanding(sessions: &Sessions<'_>) -> Option<Statistics> {
    let start = match (sessions.values.first(), sessions.pnl.first()) {
        (Some(value), Some(gain)) => value.checked_sub(*gain)?,
        _ => 1,
    };
    if !is_plain(sessions, start)? {
        return None;
    }
    let count = sessions.values.len();
    let period_return = |value: &i128| Some(ratio(value.checked_sub(start)?, start));
    let defined = start > 0;
    let mut found = Statistics {
        period_return: vec![None; count],
        volatility: Vec::with_capacity(count),
        sharpe: Vec::with_capacity(count),
        sortino: Vec::with_capacity(count),
        max_drawdown: vec![None; count],
    };
    if defined {
        found.period_return = sessions.values.iter().map(period_return).collect();
        if found.period_return.iter().any(Option::is_none) {
            return None;
        }
        found.max_drawdown = drawdowns(start, sessions.values)?;
    }
    disperse(sessions, &mut found)?;
    Some(found)
}

/// Whether the values alone say how capital grew: each session's return is what lies between them. `None` beyond 128 bits.
pub fn grows_by_values(values: &[i128], pnl: &[i128], returns: &[i128]) -> Option<bool> {
    let (Some(first), Some(gain)) = (values.first(), pnl.first()) else {
        return Some(true);
    };
    let sessions = Sessions {
        values,
        pnl,
        returns,
        periods: 1,
    };
    is_plain(&sessions, first.checked_sub(*gain)?)
}

/// `part / whole` at scale 18; the whole is not zero.
pub fn ratio(part: i128, whole: i128) -> Int {
    match mul_div_half_even(part, ONE, whole) {
        Ok(ratio) => Int::from(ratio),
        Err(Overflow) => (Int::from(part) * ONE).div_half_even(&Int::from(whole)),
    }
}

/// Whether each session's return is what lies between its values.
fn is_plain(sessions: &Sessions<'_>, start: i128) -> Option<bool> {
    let mut last = start;
    if start <= 0 && sessions.returns.first().is_some_and(|first| *first != 0) {
        return Some(false);
    }
    let rows = sessions
        .returns
        .iter()
        .zip(sessions.values)
        .zip(sessions.pnl);
    for ((session_return, value), gain) in rows {
        let base = value.checked_sub(*gain)?;
        if !(explains(*session_return, *value, last)? || (last <= 0 && last == base)) {
            return Some(false);
        }
        last = *value;
    }
    Some(true)
}

/// Whether the return is what lies between two values, rounded: no division, its rest is within half of the base.
fn explains(session_return: i128, value: i128, base: i128) -> Option<bool> {
    if base <= 0 {
        return Some(false);
    }
    let gained = value.checked_sub(base)?;
    let (exact, told) = (
        wide_product(gained.unsigned_abs(), ONE.unsigned_abs()),
        wide_product(session_return.unsigned_abs(), base.unsigned_abs()),
    );
    if gained != 0 && session_return != 0 && (gained < 0) != (session_return < 0) {
        return Some(false);
    }
    let (more, less) = (exact.max(told), exact.min(told));
    let (apart, borrowed) = more.1.overflowing_sub(less.1);
    let half = base.unsigned_abs() - apart.min(base.unsigned_abs());
    let within = apart < half || (apart == half && session_return % 2 == 0);
    Some(within && more.0 == less.0 + u128::from(borrowed))
}

/// The largest fall up to each value; the start is above zero.
fn drawdowns(start: i128, values: &[i128]) -> Option<Column> {
    let (mut peak, mut low, mut low_peak, mut worst) = (start, start, start, Int::ZERO);
    let mut found = Vec::with_capacity(values.len());
    for &value in values {
        if value > peak {
            peak = value;
        } else if product_below(value, low_peak, low, peak) {
            (low, low_peak) = (value, peak);
            worst = ratio(low.checked_sub(low_peak)?, low_peak);
        }
        found.push(Some(worst.clone()));
    }
    Some(found)
}

/// `a * b < c * d`; b and d are above zero.
fn product_below(a: i128, b: i128, c: i128, d: i128) -> bool {
    match (a < 0, c < 0) {
        (true, false) => true,
        (false, true) => false,
        (below, _) => {
            let left = wide_product(a.unsigned_abs(), b.unsigned_abs());
            let right = wide_product(c.unsigned_abs(), d.unsigned_abs());
            if below { right < left } else { left < right }
        }
    }
}

/// Volatility, Sharpe and Sortino so far, from running sums; `None` where 128 bits don't hold those.
fn disperse(sessions: &Sessions<'_>, found: &mut Statistics) -> Option<()> {
    let (mut total, mut squares, mut below) = (0_i128, 0_u128, 0_u128);
    for (count, value) in (1_u64..).zip(sessions.returns) {
        let size = value.unsigned_abs();
        let square = size.checked_mul(size)?;
        total = total.checked_add(*value)?;
        squares = squares.checked_add(square)?;
        if *value < 0 {
            below = below.checked_add(square)?;
        }
        if count == 1 {
            found.volatility.push(None);
            found.sharpe.push(None);
            found.sortino.push(None);
            continue;
        }
        let of_total = Long::product(total.unsigned_abs(), total.unsigned_abs());
        let spread = Long::product(squares, count.into()).minus(&of_total)?;
        let pairs = Long::product(count.into(), (count - 1).into());
        let volatility = root(spread.times(sessions.periods)?, &pairs);
        found.volatility.push(Some(volatility));
        let unit = ONE.unsigned_abs() as u64;
        let annual = of_total.times(sessions.periods)?.times(unit)?.times(unit)?;
        let ratio_of = |top: Long, bottom: Long| {
            let root = (!bottom.is_zero()).then(|| root(top, &bottom))?;
            Some(if total < 0 { -root } else { root })
        };
        let (top, bottom) = (annual.times(count - 1)?, spread.times(count)?);
        found.sharpe.push(ratio_of(top, bottom));
        found
            .sortino
            .push(ratio_of(annual, Long::product(below, count.into())));
    }
    Some(())
}

/// `root_half_even` of quotients that fit 128 bits most of the time.
fn root(top: Long, bottom: &Long) -> Int {
    match top.times(4).and_then(|top| top.divided(bottom)) {
        Some((quotient, exact)) => {
            let halves = quotient.isqrt();
            let root = halves / 2;
            let tie = exact && halves * halves == quotient;
            let up = halves % 2 == 1 && !(tie && root % 2 == 0);
            Int::from((root + u128::from(up)) as i128)
        }
        None => root_half_even(top.big().into(), &bottom.big().into()),
    }
}

/// The square root of a quotient, rounded once, half-even. Nothing is below zero, and the denominator is above it.
pub fn root_half_even(numerator: Int, denominator: &Int) -> Int {
    // the root in halves says on which side of the middle it lies
    let four_times = numerator * 4;
    let (quotient, rest_is_zero) = divided(&four_times, denominator);
    let big = quotient.big();
    let halves = big.sqrt();
    let whole = &halves * &halves == big;
    let halves = halves.into();
    let exact = rest_is_zero && whole;
    let (root, odd) = halved(&halves);
    if !odd || (exact && !halved(&root).1) {
        return root;
    }
    root + 1
}

fn divided(numerator: &Int, denominator: &Int) -> (Int, bool) {
    if let (Int::Narrow(n), Int::Narrow(d)) = (numerator, denominator) {
        return (Int::from(n / d), n % d == 0);
    }
    let (quotient, rest) = numerator.big().div_rem(&denominator.big());
    (quotient.into(), rest == BigInt::ZERO)
}

/// The half, cut, and whether the number is odd; it is not below zero.
fn halved(number: &Int) -> (Int, bool) {
    match number {
        Int::Narrow(value) => (Int::from(value / 2), value % 2 == 1),
        Int::Wide(value) => ((value.as_ref() >> 1_u8).into(), value.is_odd()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root(numerator: i128, denominator: i128) -> i128 {
        let long = |number: i128| Long::product(number.unsigned_abs(), 1);
        let root = super::root(long(numerator), &long(denominator));
        let slow = root_half_even(Int::from(numerator), &Int::from(denominator));
        assert_eq!(root, slow);
        root.narrow().unwrap_or(-1)
    }

    #[test]
    fn a_root_ties_to_the_even_neighbour() {
        assert_eq!(
            [root(9, 4), root(25, 4), root(26, 4), root(1, 4), root(0, 7)],
            [2, 2, 3, 0, 0]
        );
        assert_eq!(
            [root(49, 4), root(48, 4), root(i128::MAX, 1)],
            [4, 3, 13_043_817_825_332_782_212]
        );
    }

    #[test]
    fn a_long_root_is_rounded_likewise() {
        let far = Int::power_of_ten(80);
        assert_eq!(
            root_half_even(far.clone(), &Int::ONE),
            Int::power_of_ten(40)
        );
        // (10^40 + 1/2)^2 = 10^80 + 10^40 + 1/4
        let tie = (far + &Int::power_of_ten(40)) * 4 + 1;
        assert_eq!(
            root_half_even(tie.clone(), &Int::from(4)),
            Int::power_of_ten(40)
        );
        assert_eq!(
            root_half_even(tie + 1, &Int::from(4)),
            Int::power_of_ten(40) + 1
        );
    }

    #[test]
    fn returns_that_their_values_do_not_give_have_no_statistics_here() {
        let plain = |second: i128| {
            let returns = [ONE / 10, second];
            let sessions = Sessions {
                values: &[110, 99],
                pnl: &[10, -11],
                returns: &returns,
                periods: 252,
            };
            expanding(&sessions).is_some()
        };
        assert!(plain(-ONE / 10));
        assert!(!plain(-ONE / 10 + 1));
    }

    #[test]
    fn two_sessions_by_hand() {
        let values = [110, 99];
        let returns = [ONE / 10, -ONE / 10];
        let sessions = Sessions {
            values: &values,
            pnl: &[10, -11],
            returns: &returns,
            periods: 2,
        };
        let Some(found) = expanding(&sessions) else {
            panic!("plain")
        };
        let at = |column: &Column| {
            column
                .iter()
                .map(|v| v.as_ref().and_then(Int::narrow))
                .collect::<Vec<_>>()
        };
        assert_eq!(at(&found.period_return), [Some(ONE / 10), Some(-ONE / 100)]);
        // the deviation of +-0.1 from 0 is sqrt(0.02), annualised sqrt(0.04)
        assert_eq!(at(&found.volatility), [None, Some(ONE / 5)]);
        assert_eq!(at(&found.sharpe), [None, Some(0)]);
        assert_eq!(at(&found.sortino), [None, Some(0)]);
        assert_eq!(at(&found.max_drawdown), [Some(0), Some(-ONE / 10)]);
    }

    proptest! {
        #[test]
        fn a_root_is_within_a_half_of_the_quotient(n in 0..i128::MAX, d in 1..i128::MAX) {
            let root = BigInt::from(root(n, d));
            let (n, d) = (BigInt::from(n), BigInt::from(d));
            let middle = |by: i32| { let twice: BigInt = &root * 2 + by; &twice * &twice * &d };
            prop_assert!(root == BigInt::ZERO || middle(-1) <= &n * 4);
            prop_assert!(middle(1) >= &n * 4);
        }

        #[test]
        fn a_return_explains_its_values_where_it_is_their_rounded_quotient(
            value in -10_i128.pow(30)..10_i128.pow(30), base in 1..10_i128.pow(30), off in -1..2_i128,
        ) {
            let exact = ratio(value - base, base).narrow().unwrap_or(0);
            prop_assert_eq!(explains(exact + off, value, base), Some(off == 0));
        }
    }
}
