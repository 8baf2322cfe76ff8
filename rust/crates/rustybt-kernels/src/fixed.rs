//! Checked fixed-point arithmetic on `i128`, rounded half-even, with 256 bits in between.
//!
//! A number is a value and a known scale, `value * 10^-scale`. The twin is `rustybt/core/_fixed.py`, where
//! integers have no limit: so each function either gives exactly what Python gives, or `Overflow`.

use std::error::Error;
use std::fmt;

/// The result does not fit 128 bits (or the division was by zero, which no 128 bits hold either).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the result does not fit 128 bits")
    }
}

impl Error for Overflow {}

/// The largest power of ten that an `i128` holds is `10^38`.
pub const MAX_POWER: u32 = 38;

/// `10^exponent`; `Overflow` above `10^38`.
pub fn power_of_ten(exponent: u32) -> Result<i128, Overflow> {
    POWERS.get(exponent as usize).copied().ok_or(Overflow)
}

const POWERS: [i128; MAX_POWER as usize + 1] = {
    let mut powers = [1; MAX_POWER as usize + 1];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// `a * b` where 128 bits hold it, as `checked_mul`: a third of its steps where one factor has 64 bits, as prices have.
#[inline]
pub fn product(a: i128, b: i128) -> Option<i128> {
    const HALF: u32 = 64;
    let Ok(short) = i64::try_from(b) else {
        return a.checked_mul(b);
    };
    let (long, short) = (a.unsigned_abs(), u128::from(short.unsigned_abs()));
    let low = (long & u128::from(u64::MAX)) * short;
    let high = (long >> HALF) * short + (low >> HALF);
    if high >> (HALF - 1) != 0 {
        return a.checked_mul(b);
    }
    let magnitude = ((high << HALF) | (low & u128::from(u64::MAX))) as i128;
    Some(if (a < 0) == (b < 0) {
        magnitude
    } else {
        -magnitude
    })
}

/// `numerator / denominator`, rounded once, half-even.
pub fn div_half_even(numerator: i128, denominator: i128) -> Result<i128, Overflow> {
    let quotient = numerator.checked_div(denominator).ok_or(Overflow)?;
    let rest = numerator - quotient * denominator;
    let negative = (numerator < 0) != (denominator < 0);
    let magnitude = round_half_even(
        quotient.unsigned_abs(),
        rest.unsigned_abs(),
        denominator.unsigned_abs(),
    )?;
    signed(magnitude, negative)
}

/// `a * b / d`, exact in between and rounded once, half-even.
pub fn mul_div_half_even(a: i128, b: i128, d: i128) -> Result<i128, Overflow> {
    if let Some(product) = a.checked_mul(b) {
        return div_half_even(product, d);
    }
    if d == 0 {
        return Err(Overflow);
    }
    let negative = (a < 0) != ((b < 0) != (d < 0));
    let divisor = d.unsigned_abs();
    let (high, low) = wide_product(a.unsigned_abs(), b.unsigned_abs());
    let (quotient, rest) = wide_division(high, low, divisor)?;
    signed(round_half_even(quotient, rest, divisor)?, negative)
}

/// `a * b * c / d`, exact in 256 bits in between and rounded once, half-even.
pub fn triple_div_half_even(a: i128, b: i128, c: i128, d: i128) -> Result<i128, Overflow> {
    if d == 0 {
        return Err(Overflow);
    }
    let negative = [a, b, c, d].iter().filter(|one| **one < 0).count() % 2 == 1;
    let (divisor, factor) = (d.unsigned_abs(), c.unsigned_abs());
    let (high, low) = wide_product(a.unsigned_abs(), b.unsigned_abs());
    let (carried, low) = wide_product(low, factor);
    let high = high
        .checked_mul(factor)
        .and_then(|high| high.checked_add(carried))
        .ok_or(Overflow)?;
    let (quotient, rest) = wide_division(high, low, divisor)?;
    signed(round_half_even(quotient, rest, divisor)?, negative)
}

/// The same number at another scale, rounded half-even where digits go.
pub fn rescale_half_even(value: i128, scale: u32, to_scale: u32) -> Result<i128, Overflow> {
    if to_scale >= scale {
        if value == 0 {
            return Ok(0);
        }
        let up = power_of_ten(to_scale - scale)?;
        return value.checked_mul(up).ok_or(Overflow);
    }
    match power_of_ten(scale - to_scale) {
        Ok(down) => div_half_even(value, down),
        // 10^39 is more than twice the largest i128, so what is left is below one half
        Err(Overflow) => Ok(0),
    }
}

/// One more if the rest says so: above one half, or one half beside an odd quotient.
fn round_half_even(quotient: u128, rest: u128, divisor: u128) -> Result<u128, Overflow> {
    let left = divisor - rest;
    let up = rest > left || (rest == left && quotient & 1 == 1);
    quotient.checked_add(u128::from(up)).ok_or(Overflow)
}

fn signed(magnitude: u128, negative: bool) -> Result<i128, Overflow> {
    if negative {
        0_i128.checked_sub_unsigned(magnitude).ok_or(Overflow)
    } else {
        i128::try_from(magnitude).map_err(|_| Overflow)
    }
}

/// The 256-bit product as (high, low): schoolbook multiplication of 64-bit halves.
pub(crate) fn wide_product(a: u128, b: u128) -> (u128, u128) {
    const HALF: u32 = 64;
    const MASK: u128 = u64::MAX as u128;
    let (a1, a0) = (a >> HALF, a & MASK);
    let (b1, b0) = (b >> HALF, b & MASK);
    let lowest = a0 * b0;
    let cross = a1 * b0 + (lowest >> HALF);
    let middle = a0 * b1 + (cross & MASK);
    let high = a1 * b1 + (cross >> HALF) + (middle >> HALF);
    (high, (middle << HALF) | (lowest & MASK))
}

/// Quotient and rest of a 256-bit number; `Overflow` where the quotient needs more than 128 bits.
///
/// Two digits of 64 bits, each guessed from the first digit of the divisor and then put right (Knuth, The Art of
/// Computer Programming 2, 4.3.1, algorithm D): with the divisor shifted up a guess is too large by two at most.
pub(crate) fn wide_division(
    high: u128,
    low: u128,
    divisor: u128,
) -> Result<(u128, u128), Overflow> {
    const HALF: u32 = 64;
    const MASK: u128 = u64::MAX as u128;
    if high >= divisor {
        return Err(Overflow);
    }
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    let (first, second) = (divisor >> HALF, divisor & MASK);
    let carried = low.checked_shr(u128::BITS - shift).unwrap_or(0);
    let (top, low) = ((high << shift) | carried, low << shift);
    // what is left of three digits, and the digit of the quotient
    let step = |rest: u128, next: u128| {
        let (mut digit, mut over) = (rest / first, rest % first);
        while digit > MASK || digit * second > ((over << HALF) | next) {
            digit -= 1;
            over += first;
            if over > MASK {
                break;
            }
        }
        let taken = digit.wrapping_mul(divisor);
        (digit, ((rest << HALF) | next).wrapping_sub(taken))
    };
    let (upper, rest) = step(top, low >> HALF);
    let (lower, rest) = step(rest, low & MASK);
    Ok(((upper << HALF) | lower, rest >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_even_neighbour_on_both_sides_of_zero() {
        let cases = [
            (5, 2, 2),
            (7, 2, 4),
            (-5, 2, -2),
            (-7, 2, -4),
            (5, -2, -2),
            (1, 2, 0),
            (3, 2, 2),
        ];
        for (numerator, denominator, expected) in cases {
            assert_eq!(
                div_half_even(numerator, denominator),
                Ok(expected),
                "{numerator}/{denominator}"
            );
        }
    }

    #[test]
    fn a_product_is_that_of_checked_mul() {
        let mut numbers = vec![0, 1, 2, 3, 10, i128::MAX, i128::MIN];
        for power in [31, 32, 62, 63, 64, 65, 95, 126] {
            let about = 1_i128 << power;
            numbers.extend([about - 1, about, about + 1, 1 - about, -about, -about - 1]);
        }
        for &a in &numbers {
            for &b in &numbers {
                assert_eq!(product(a, b), a.checked_mul(b), "{a} * {b}");
            }
        }
    }

    #[test]
    fn a_division_by_zero_is_refused() {
        assert_eq!(div_half_even(1, 0), Err(Overflow));
        assert_eq!(mul_div_half_even(i128::MAX, i128::MAX, 0), Err(Overflow));
    }

    #[test]
    fn the_smallest_value_keeps_its_sign() {
        assert_eq!(div_half_even(i128::MIN, 1), Ok(i128::MIN));
        assert_eq!(div_half_even(i128::MIN, -1), Err(Overflow));
        assert_eq!(
            mul_div_half_even(i128::MIN, i128::MAX, i128::MAX),
            Ok(i128::MIN)
        );
        assert_eq!(
            mul_div_half_even(i128::MIN, i128::MIN, i128::MIN),
            Ok(i128::MIN)
        );
        assert_eq!(mul_div_half_even(i128::MIN, -1, 1), Err(Overflow));
    }

    #[test]
    fn a_product_beyond_128_bits_is_exact_in_between() {
        let big = 10_i128.pow(38);
        assert_eq!(mul_div_half_even(big, big, big), Ok(big));
        // (10^38 + 1) * 10^38 / (2 * 10^38) is a tie at 5e37 + 1/2, and 5e37 is even
        assert_eq!(mul_div_half_even(big + 1, big / 2, big), Ok(big / 2));
        assert_eq!(mul_div_half_even(big, big, 1), Err(Overflow));
    }

    #[test]
    fn rescaling_rounds_down_digits_half_even_and_refuses_what_does_not_fit() {
        assert_eq!(rescale_half_even(12345, 4, 2), Ok(123));
        assert_eq!(rescale_half_even(12350, 4, 2), Ok(124));
        assert_eq!(rescale_half_even(12, 0, 2), Ok(1200));
        assert_eq!(rescale_half_even(i128::MAX, 60, 0), Ok(0));
        assert_eq!(rescale_half_even(0, 0, 90), Ok(0));
        assert_eq!(rescale_half_even(1, 0, 39), Err(Overflow));
        assert_eq!(rescale_half_even(i128::MAX, 0, 1), Err(Overflow));
    }
}
