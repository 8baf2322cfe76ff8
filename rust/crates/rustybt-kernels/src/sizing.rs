//! How many whole steps an amount of money buys: the quotient of two long products.
//!
//! A weight has up to 17 digits and money 20 decimals, so both products leave 128 bits in ordinary runs. They
//! are formed in 256 bits, and only where that is too few in integers without a limit.

use num_bigint::BigInt;
use num_integer::Integer;

use crate::fixed::{MAX_POWER, power_of_ten, wide_product};
use crate::int::Int;

/// A size within 1/10,000 of a whole step is that step.
const NEAR_UNIT: u32 = 10_000;

/// A denominator of zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DivisionByZero;

/// What is to be sized: `value * weight * 10^-scale` of money, at a price, less what is held.
#[derive(Clone, Debug)]
pub struct Sizing<'a> {
    /// Money, or the money that a weight is a share of.
    pub value: &'a Int,
    /// The weight; 1 where `value` is the amount itself.
    pub weight: &'a Int,
    /// Decimals of `value` and `weight` together.
    pub scale: u32,
    /// The price of a unit.
    pub price: &'a Int,
    /// The asset's multiplier.
    pub multiplier: &'a Int,
    /// Decimals of quantity, price and multiplier together.
    pub unit_scale: u32,
    /// The quantity to take off.
    pub held: i128,
    /// The smallest quantity.
    pub step: &'a Int,
}

impl Sizing<'_> {
    /// The size, a multiple of the step.
    pub fn size(&self) -> Result<Int, DivisionByZero> {
        // both sides of the quotient lose the same power of ten, which changes neither it nor what is near a unit
        let up = self.unit_scale.saturating_sub(self.scale);
        let down = self.scale.saturating_sub(self.unit_scale);
        if let Some(size) = self.in_256_bits(up, down) {
            return Ok(Int::from(size));
        }
        let unit = self.price.clone() * self.multiplier * &Int::power_of_ten(down);
        let amount = self.value.clone() * self.weight * &Int::power_of_ten(up);
        let numerator = amount - &(unit.clone() * self.held);
        Ok(whole_steps(&numerator, &(unit * self.step))? * self.step)
    }

    /// The same where 256 bits hold it; None where they don't, and where the denominator is not above zero.
    fn in_256_bits(&self, up: u32, down: u32) -> Option<i128> {
        if up > MAX_POWER || down > MAX_POWER {
            return None;
        }
        let (value, weight) = (self.value.narrow()?, self.weight.narrow()?);
        let (price, multiplier, step) = (
            self.price.narrow()?,
            self.multiplier.narrow()?,
            self.step.narrow()?,
        );
        if price <= 0 || multiplier <= 0 || step <= 0 {
            return None;
        }
        let power = |exponent| power_of_ten(exponent).map(i128::unsigned_abs).ok();
        let amount =
            Wide::product(value.unsigned_abs(), weight.unsigned_abs()).times(power(up)?)?;
        let unit =
            Wide::product(price.unsigned_abs(), multiplier.unsigned_abs()).times(power(down)?)?;
        let owned = unit.times(self.held.unsigned_abs())?;
        let short = (value < 0) != (weight < 0);
        let (numerator, negative) = if short != (self.held < 0) {
            (amount.plus(owned)?, short)
        } else if amount >= owned {
            (amount.minus(owned), short)
        } else {
            (owned.minus(amount), !short)
        };
        let steps =
            i128::try_from(numerator.whole_steps(unit.times(step.unsigned_abs())?)?).ok()?;
        (if negative { -steps } else { steps }).checked_mul(step)
    }
}

/// A size in whole steps: cut towards zero, but up to the next step where it is within 1/10,000 of it.
pub fn whole_steps(numerator: &Int, denominator: &Int) -> Result<Int, DivisionByZero> {
    if *denominator == Int::ZERO {
        return Err(DivisionByZero);
    }
    let negative = numerator.is_negative();
    if let (Int::Narrow(n), Int::Narrow(d @ 1..)) = (numerator, denominator) {
        let amount = Wide {
            high: 0,
            low: n.unsigned_abs(),
        };
        let steps = amount.whole_steps(Wide {
            high: 0,
            low: d.unsigned_abs(),
        });
        if let Some(steps) = steps.and_then(|steps| i128::try_from(steps).ok()) {
            return Ok(Int::from(if negative { -steps } else { steps }));
        }
    }
    let (n, d) = (numerator.big(), denominator.big());
    let (mut steps, rest): (BigInt, BigInt) = (if negative { -n } else { n }).div_mod_floor(&d);
    if (&d - rest) * NEAR_UNIT <= d {
        steps += 1;
    }
    Ok(Int::from(if negative { -steps } else { steps }))
}

/// 256 bits without a sign. Compares by `high` first, as the fields stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wide {
    high: u128,
    low: u128,
}

impl Wide {
    #[inline]
    fn product(a: u128, b: u128) -> Wide {
        let (high, low) = wide_product(a, b);
        Wide { high, low }
    }

    #[inline]
    fn times(self, factor: u128) -> Option<Wide> {
        if factor == 1 {
            return Some(self);
        }
        let (carried, low) = wide_product(self.low, factor);
        let high = self.high.checked_mul(factor)?.checked_add(carried)?;
        Some(Wide { high, low })
    }

    #[inline]
    fn plus(self, other: Wide) -> Option<Wide> {
        let (low, carried) = self.low.overflowing_add(other.low);
        let high = self
            .high
            .checked_add(other.high)?
            .checked_add(u128::from(carried))?;
        Some(Wide { high, low })
    }

    /// `self - other`, which is not larger.
    #[inline]
    fn minus(self, other: Wide) -> Wide {
        let (low, borrowed) = self.low.overflowing_sub(other.low);
        Wide {
            high: self.high - other.high - u128::from(borrowed),
            low,
        }
    }

    fn bits(self) -> u32 {
        if self.high == 0 {
            128 - self.low.leading_zeros()
        } else {
            256 - self.high.leading_zeros()
        }
    }

    fn shifted_left(self, by: u32) -> Wide {
        match by {
            0 => self,
            1..128 => Wide {
                high: (self.high << by) | (self.low >> (128 - by)),
                low: self.low << by,
            },
            _ => Wide {
                high: self.low << (by - 128),
                low: 0,
            },
        }
    }

    fn halved(self) -> Wide {
        Wide {
            high: self.high >> 1,
            low: (self.low >> 1) | (self.high << 127),
        }
    }

    /// Whole steps of a denominator above zero; None where 128 or 256 bits don't hold what it takes.
    fn whole_steps(self, denominator: Wide) -> Option<u128> {
        let (steps, rest) = self.div_rem(denominator)?;
        let left = denominator.minus(rest);
        let near = match left.times(u128::from(NEAR_UNIT)) {
            Some(far) => far <= denominator,
            None => false, // beyond 256 bits, and so above any denominator
        };
        steps.checked_add(u128::from(near))
    }

    /// One bit of the quotient at a time: a quotient is a number of units, and so has few bits.
    fn div_rem(self, divisor: Wide) -> Option<(u128, Wide)> {
        if self.high == 0 && divisor.high == 0 {
            let rest = Wide {
                high: 0,
                low: self.low % divisor.low,
            };
            return Some((self.low / divisor.low, rest));
        }
        let (own, other) = (self.bits(), divisor.bits());
        if own < other {
            return Some((0, self));
        }
        if own - other >= u128::BITS {
            return None;
        }
        let (mut rest, mut taken, mut quotient) = (self, divisor.shifted_left(own - other), 0_u128);
        for _ in 0..=own - other {
            quotient <<= 1;
            if rest >= taken {
                rest = rest.minus(taken);
                quotient |= 1;
            }
            taken = taken.halved();
        }
        Some((quotient, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(numerator: i128, denominator: i128) -> Int {
        whole_steps(&Int::from(numerator), &Int::from(denominator)).expect("a denominator")
    }

    #[test]
    fn a_size_is_cut_towards_zero_unless_it_is_near_the_next_step() {
        let cases = [
            (19_998, 10_000, 1),
            (199_991, 100_000, 2),
            (-55, 10, -5),
            (0, 7, 0),
            (7, 7, 1),
        ];
        for (numerator, denominator, expected) in cases {
            assert_eq!(
                steps(numerator, denominator),
                Int::from(expected),
                "{numerator}/{denominator}"
            );
        }
        // exactly 1/10,000 below counts, a hair more does not; the same on the other side of zero
        assert_eq!(steps(29_999, 10_000), Int::from(3));
        assert_eq!(steps(299_989, 100_000), Int::from(2));
        assert_eq!(steps(-29_999, 10_000), Int::from(-3));
    }

    #[test]
    fn a_denominator_of_zero_is_refused() {
        assert_eq!(whole_steps(&Int::ONE, &Int::ZERO), Err(DivisionByZero));
    }

    #[test]
    fn the_smallest_numerator_keeps_its_sign() {
        assert_eq!(steps(i128::MIN, 1), Int::from(i128::MIN));
        assert_eq!(steps(i128::MIN, 2), Int::from(i128::MIN / 2));
    }

    #[test]
    fn a_third_of_a_million_at_a_price_of_fifty_is_6666_units() {
        let sizing = Sizing {
            value: &Int::from(1_000_000 * 10_i128.pow(20)),
            weight: &Int::from(33_333_333_333_333_333), // 17 decimals
            scale: 37,
            price: &Int::from(50 * 10_i128.pow(12)),
            multiplier: &Int::ONE,
            unit_scale: 12,
            held: 0,
            step: &Int::ONE,
        };
        assert_eq!(sizing.size(), Ok(Int::from(6_666)));
        assert_eq!(
            Sizing {
                held: 7_000,
                ..sizing.clone()
            }
            .size(),
            Ok(Int::from(-333))
        );
        assert_eq!(
            Sizing {
                held: -100,
                ..sizing
            }
            .size(),
            Ok(Int::from(6_766))
        );
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::*;

    fn any_length() -> impl Strategy<Value = i128> {
        (any::<i128>(), 0_u32..128).prop_map(|(value, shift)| value >> shift)
    }

    fn above_zero() -> impl Strategy<Value = i128> {
        any_length().prop_map(|value| value.checked_abs().unwrap_or(i128::MAX).max(1))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn division_multiplies_back(a in any_length(), b in any_length(), c in above_zero(), d in above_zero()) {
            let number = Wide::product(a.unsigned_abs(), b.unsigned_abs());
            let divisor = Wide::product(c.unsigned_abs(), d.unsigned_abs());
            if let Some((quotient, rest)) = number.div_rem(divisor) {
                prop_assert!(rest < divisor);
                prop_assert_eq!(divisor.times(quotient).and_then(|back| back.plus(rest)), Some(number));
            } else {
                prop_assert!(number.bits() - divisor.bits() >= 128);
            }
        }

        #[test]
        fn exactly_what_is_within_a_ten_thousandth_counts_as_the_next_step(
            whole in 0_i128..1_000_000, unit in 1_i128..i128::MAX / 20_000_000_000_000, missing in 0_i128..20_000,
            hair in -1_i128..2, negative in any::<bool>(),
        ) {
            let denominator = Int::from(unit) * 10_000;
            let sign = if negative { -1 } else { 1 };
            let short = Int::from(unit) * missing + hair;
            let numerator = (denominator.clone() * (whole + 2) - &short) * sign;
            let short = short.narrow().expect("a short number");
            let under = if short <= unit { 0 } else if short <= unit * 10_001 { 1 } else { 2 };
            prop_assert_eq!(whole_steps(&numerator, &denominator), Ok(Int::from((whole + 2 - under) * sign)));
            // the same number of digits more on both sides goes the way of 256 bits, and then beyond
            for digits in [20, 60] {
                let power = Int::power_of_ten(digits);
                let sizing = Sizing {
                    value: &numerator, weight: &power, scale: 0, price: &denominator, multiplier: &power,
                    unit_scale: 0, held: 0, step: &Int::ONE,
                };
                prop_assert_eq!(sizing.size(), Ok(Int::from((whole + 2 - under) * sign)));
            }
        }

        #[test]
        fn sizes_in_256_bits_are_those_without_a_limit(
            value in any_length(), weight in any_length(), price in above_zero(), multiplier in above_zero(),
            held in any_length(), step in above_zero(), scale in 0_u32..60, unit_scale in 0_u32..60,
        ) {
            let (value, weight) = (Int::from(value), Int::from(weight));
            let (price, multiplier, step) = (Int::from(price), Int::from(multiplier), Int::from(step));
            let sizing = Sizing {
                value: &value, weight: &weight, scale, price: &price, multiplier: &multiplier, unit_scale, held,
                step: &step,
            };
            let ten = BigInt::from(10);
            let unit = price.big() * multiplier.big() * ten.pow(scale);
            let numerator = value.big() * weight.big() * ten.pow(unit_scale) - &unit * held;
            let denominator = unit * step.big();
            let magnitude = numerator.magnitude() / denominator.magnitude();
            let near = (numerator.magnitude() % denominator.magnitude()) * NEAR_UNIT
                >= denominator.magnitude() * (NEAR_UNIT - 1);
            let steps = BigInt::from_biguint(numerator.sign(), magnitude + u8::from(near));
            prop_assert_eq!(sizing.size(), Ok(Int::from(steps * step.big())));
        }
    }
}
