//! Integers of 512 bits without a sign, for quotients whose parts leave 256: no memory is asked for.

use num_bigint::{BigInt, Sign};

use crate::fixed::wide_product;

const LIMBS: usize = 8;
const BASE: u32 = u64::BITS;

/// A number below `2^512`, its lowest 64 bits first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Long([u64; LIMBS]);

impl Long {
    /// `a * b`.
    pub fn product(a: u128, b: u128) -> Long {
        let (high, low) = wide_product(a, b);
        let mut limbs = [0; LIMBS];
        for (pair, part) in limbs.chunks_mut(2).zip([low, high]) {
            pair[0] = part as u64;
            pair[1] = (part >> BASE) as u64;
        }
        Long(limbs)
    }

    /// `self * factor`; `None` beyond 512 bits.
    pub fn times(mut self, factor: u64) -> Option<Long> {
        let mut carried = 0_u128;
        for limb in &mut self.0 {
            let product = u128::from(*limb) * u128::from(factor) + carried;
            *limb = product as u64;
            carried = product >> BASE;
        }
        (carried == 0).then_some(self)
    }

    /// `self - other`; `None` where that is larger.
    pub fn minus(mut self, other: &Long) -> Option<Long> {
        let mut borrowed = false;
        for (limb, less) in self.0.iter_mut().zip(other.0) {
            let (rest, first) = limb.overflowing_sub(less);
            let (rest, second) = rest.overflowing_sub(u64::from(borrowed));
            *limb = rest;
            borrowed = first | second;
        }
        (!borrowed).then_some(self)
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|limb| *limb == 0)
    }

    /// The same without a limit.
    pub fn big(&self) -> BigInt {
        let bytes: Vec<u8> = self.0.iter().flat_map(|limb| limb.to_le_bytes()).collect();
        BigInt::from_bytes_le(Sign::Plus, &bytes)
    }

    /// Limbs up to the last that is not 0.
    fn len(&self) -> usize {
        LIMBS - self.0.iter().rev().take_while(|limb| **limb == 0).count()
    }

    fn shifted_left(&self, by: u32) -> [u64; LIMBS + 1] {
        let mut out = [0; LIMBS + 1];
        for (place, limb) in self.0.iter().enumerate() {
            let wide = u128::from(*limb) << by;
            out[place] |= wide as u64;
            out[place + 1] = (wide >> BASE) as u64;
        }
        out
    }

    /// The quotient, cut, and whether it is exact. `None` where it needs more than 128 bits, and of a division by zero.
    ///
    /// Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D.
    pub fn divided(&self, divisor: &Long) -> Option<(u128, bool)> {
        let (own, other) = (self.len(), divisor.len());
        let shift = divisor.0[other.checked_sub(1)?].leading_zeros();
        if own < other {
            return Some((0, own == 0));
        }
        let (mut rest, by) = (self.shifted_left(shift), divisor.shifted_left(shift));
        let first = u128::from(by[other - 1]);
        let second = if other > 1 {
            u128::from(by[other - 2])
        } else {
            0
        };
        let mut quotient = 0_u128;
        for place in (0..=own - other).rev() {
            let top =
                (u128::from(rest[place + other]) << BASE) | u128::from(rest[place + other - 1]);
            let next = if place + other > 1 {
                u128::from(rest[place + other - 2])
            } else {
                0
            };
            let (mut digit, mut over) = (top / first, top % first);
            while digit > u128::from(u64::MAX) || digit * second > ((over << BASE) | next) {
                digit -= 1;
                over += first;
                if over > u128::from(u64::MAX) {
                    break;
                }
            }
            if take(&mut rest[place..=place + other], &by[..other], digit as u64) {
                digit -= 1;
                put_back(&mut rest[place..=place + other], &by[..other]);
            }
            if quotient >> BASE != 0 {
                return None;
            }
            quotient = (quotient << BASE) | digit;
        }
        Some((quotient, rest.iter().all(|limb| *limb == 0)))
    }
}

/// Takes `by * digit` off; whether that was more than there was.
pub(crate) fn take(rest: &mut [u64], by: &[u64], digit: u64) -> bool {
    let (mut carried, mut borrowed) = (0_u128, false);
    for (place, limb) in rest.iter_mut().enumerate() {
        let part = by.get(place).copied().unwrap_or(0);
        let product = u128::from(part) * u128::from(digit) + carried;
        carried = product >> BASE;
        let (left, first) = limb.overflowing_sub(product as u64);
        let (left, second) = left.overflowing_sub(u64::from(borrowed));
        *limb = left;
        borrowed = first | second;
    }
    borrowed
}

/// Adds it once; whether that made up for what was borrowed before.
pub(crate) fn put_back(rest: &mut [u64], by: &[u64]) -> bool {
    let mut carried = false;
    for (place, limb) in rest.iter_mut().enumerate() {
        let part = by.get(place).copied().unwrap_or(0);
        let (sum, first) = limb.overflowing_add(part);
        let (sum, second) = sum.overflowing_add(u64::from(carried));
        *limb = sum;
        carried = first | second;
    }
    carried
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use num_integer::Integer;
    use proptest::prelude::*;

    fn big(long: &Long) -> BigUint {
        long.big().magnitude().clone()
    }

    /// Limbs of ones and zeros are where a digit is guessed wrong.
    fn limb() -> impl Strategy<Value = u64> {
        prop_oneof![
            any::<u64>(),
            Just(0),
            Just(u64::MAX),
            Just(1 << 63),
            0..9_u64
        ]
    }

    fn long(limbs: usize) -> impl Strategy<Value = Long> {
        prop::collection::vec(limb(), 0..=limbs).prop_map(|some| {
            let mut all = [0; LIMBS];
            all[..some.len()].copy_from_slice(&some);
            Long(all)
        })
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let none = Long([0; LIMBS]);
        assert_eq!(Long::product(5, 1).divided(&none), None);
        assert_eq!(none.divided(&Long::product(5, 1)), Some((0, true)));
    }

    proptest! {
        #[test]
        fn quotients_are_those_of_numbers_without_a_limit(top in long(8), bottom in long(6)) {
            let divided = top.divided(&bottom);
            if bottom.is_zero() {
                prop_assert_eq!(divided, None);
            } else {
                let (quotient, rest) = big(&top).div_rem(&big(&bottom));
                let expected = u128::try_from(quotient).ok().map(|q| (q, rest == BigUint::ZERO));
                prop_assert_eq!(divided, expected);
            }
        }

        #[test]
        fn a_quotient_of_two_limbs_is_found_whatever_the_rest(q in any::<u128>(), bottom in long(5), rest in limb()) {
            prop_assume!(bottom.len() > 1);
            let sum = big(&bottom) * BigUint::from(q) + rest;
            let mut limbs = [0; LIMBS];
            limbs.iter_mut().zip(sum.to_u64_digits()).for_each(|(limb, digit)| *limb = digit);
            prop_assert_eq!(Long(limbs).divided(&bottom), Some((q, rest == 0)));
        }

        #[test]
        fn products_and_differences_are_exact(a in any::<u128>(), b in any::<u128>(), factor in limb(), less in long(4)) {
            let product = Long::product(a, b);
            prop_assert_eq!(big(&product), BigUint::from(a) * b);
            let times = product.times(factor).map(|long| big(&long));
            prop_assert_eq!(times, Some(big(&product) * factor));
            let expected = (big(&product) >= big(&less)).then(|| big(&product) - big(&less));
            prop_assert_eq!(product.minus(&less).map(|long| big(&long)), expected);
        }

        #[test]
        fn a_product_beyond_512_bits_is_refused(long in long(8), factor in limb()) {
            let product = big(&long) * factor;
            prop_assert_eq!(long.times(factor).is_some(), product.bits() <= 512);
        }
    }
}
