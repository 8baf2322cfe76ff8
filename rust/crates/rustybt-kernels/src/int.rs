//! Integers without a limit: 128 bits while they last, then as many as it takes.
//!
//! Python's integers have no limit, so the twin of what is written with them can't have one either. Ordinary
//! amounts never leave 128 bits; the rest costs an allocation and stays exact.

use std::ops::{Add, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_integer::Integer;

use crate::fixed;

/// An integer. `Wide` holds only what does not fit `Narrow`, so equal numbers are equal values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Int {
    /// Fits 128 bits.
    Narrow(i128),
    /// Does not.
    Wide(Box<BigInt>),
}

impl Int {
    /// 0.
    pub const ZERO: Int = Int::Narrow(0);
    /// 1.
    pub const ONE: Int = Int::Narrow(1);

    /// `10^exponent`.
    pub fn power_of_ten(exponent: u32) -> Int {
        match fixed::power_of_ten(exponent) {
            Ok(power) => Int::Narrow(power),
            Err(_) => BigInt::from(10).pow(exponent).into(),
        }
    }

    /// The value, if it fits 128 bits.
    pub fn narrow(&self) -> Option<i128> {
        match self {
            Int::Narrow(value) => Some(*value),
            Int::Wide(_) => None,
        }
    }

    /// The value with as many bits as it takes.
    pub fn big(&self) -> BigInt {
        match self {
            Int::Narrow(value) => BigInt::from(*value),
            Int::Wide(value) => (**value).clone(),
        }
    }

    /// Below zero.
    pub fn is_negative(&self) -> bool {
        match self {
            Int::Narrow(value) => *value < 0,
            Int::Wide(value) => value.sign() == num_bigint::Sign::Minus,
        }
    }

    /// `self / denominator`, cut towards minus infinity. The denominator is above zero.
    pub fn div_floor(&self, denominator: &Int) -> Int {
        if let (Int::Narrow(n), Int::Narrow(d)) = (self, denominator) {
            return Int::Narrow(n.div_euclid(*d));
        }
        self.big().div_floor(&denominator.big()).into()
    }

    /// `self / denominator`, rounded once, half-even. The denominator is not zero.
    pub fn div_half_even(&self, denominator: &Int) -> Int {
        if let (Int::Narrow(n), Int::Narrow(d)) = (self, denominator)
            && let Ok(quotient) = fixed::div_half_even(*n, *d)
        {
            return Int::Narrow(quotient);
        }
        let (mut n, mut d) = (self.big(), denominator.big());
        if denominator.is_negative() {
            (n, d) = (-n, -d);
        }
        let (quotient, rest) = n.div_mod_floor(&d);
        let twice: BigInt = rest * 2;
        let up = twice > d || (twice == d && quotient.is_odd());
        (quotient + u8::from(up)).into()
    }
}

impl From<i128> for Int {
    fn from(value: i128) -> Int {
        Int::Narrow(value)
    }
}

impl From<BigInt> for Int {
    fn from(value: BigInt) -> Int {
        match i128::try_from(&value) {
            Ok(narrow) => Int::Narrow(narrow),
            Err(_) => Int::Wide(Box::new(value)),
        }
    }
}

impl Neg for Int {
    type Output = Int;

    #[inline]
    fn neg(self) -> Int {
        match self {
            Int::Narrow(value) if value != i128::MIN => Int::Narrow(-value),
            other => Int::ZERO - &other,
        }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $checked:path) => {
        impl $trait<&Int> for Int {
            type Output = Int;

            #[inline]
            fn $method(self, other: &Int) -> Int {
                if let (Int::Narrow(a), Int::Narrow(b)) = (&self, other)
                    && let Some(result) = $checked(*a, *b)
                {
                    return Int::Narrow(result);
                }
                $trait::$method(self.big(), other.big()).into()
            }
        }

        impl $trait<i128> for Int {
            type Output = Int;

            #[inline]
            fn $method(self, other: i128) -> Int {
                $trait::$method(self, &Int::Narrow(other))
            }
        }
    };
}

operator!(Add, add, i128::checked_add);
operator!(Sub, sub, i128::checked_sub);
operator!(Mul, mul, product);

/// A product that fits 128 bits. Of numbers of 64 bits, which most are, it always does.
#[inline]
fn product(a: i128, b: i128) -> Option<i128> {
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => fixed::product(a, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_beyond_128_bits_is_wide_and_comes_back() {
        let top = Int::from(i128::MAX);
        let wide = top.clone() + 1;
        assert_eq!(wide.narrow(), None);
        assert_eq!(wide - 1, top);
        assert_eq!(-Int::from(i128::MIN) - 1, top);
    }

    #[test]
    fn a_wide_quotient_ties_to_even_on_both_sides_of_zero() {
        let half = Int::power_of_ten(50);
        for (halves, expected) in [(5, 2), (7, 4), (-5, -2), (-7, -4), (1, 0)] {
            let numerator = half.clone() * halves;
            let whole = half.clone() * 2;
            assert_eq!(numerator.div_half_even(&whole), Int::from(expected));
            assert_eq!((-numerator).div_half_even(&-whole), Int::from(expected));
        }
    }

    #[test]
    fn powers_of_ten_leave_128_bits_after_38() {
        assert_eq!(Int::power_of_ten(38), Int::from(10_i128.pow(38)));
        assert_eq!(Int::power_of_ten(39), Int::power_of_ten(38) * 10);
        assert_eq!(Int::power_of_ten(39).narrow(), None);
    }
}
