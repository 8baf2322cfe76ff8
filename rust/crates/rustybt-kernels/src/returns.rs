//! What session returns add up to, and the path that they make: the twin of what `rustybt/metrics/_sample.py` counts.
//!
//! Returns are at scale 18. Whatever does not fit the widths here has no answer, and is left to the twin.

use num_bigint::{BigInt, BigUint};

use crate::fixed::{wide_division, wide_product};
use crate::int::Int;
use crate::long::{put_back, take};

/// `10^18`, which stands for 1.
const ONE: u64 = 10_u64.pow(18);
/// So many returns are multiplied before the product is cut to its first digits.
const CHUNK: usize = 4_096;
/// Of a long factor so many bits count.
const ENOUGH_BITS: u64 = 320;
/// Decimals of wealth.
const PATH_DECIMALS: u32 = 45;
/// A third of them.
const GROUP: u64 = 10_u64.pow(PATH_DECIMALS / 3);

/// Simple returns, each below 9.2 and above -9.2, and their sums of powers.
pub struct Returns {
    values: Vec<i64>,
    /// Sums of the first to the fourth power.
    pub powers: [BigInt; 4],
    /// The sums of those below zero, and of their squares.
    pub lost: [BigInt; 2],
    /// How many are above zero, and below it.
    pub sides: [usize; 2],
}

/// What one unit grew to, 1 at the start, with 45 decimals that are cut at each session.
pub struct Path {
    /// At the end.
    pub last: BigUint,
    /// The lowest, the start among them.
    pub lowest: BigUint,
    /// The deepest fall below the highest before it, a share with 45 decimals.
    pub deepest: BigUint,
    /// The sum of the squares of all falls.
    pub squares: BigUint,
    /// How many sessions end below a peak.
    pub under: usize,
    /// How many in a row.
    pub longest: usize,
}

/// The first digits of a product of so many factors, times a power of 2.
pub struct Digits {
    /// The first digits.
    pub product: BigUint,
    /// The power.
    pub exponent: u64,
    /// The factors.
    pub count: usize,
}

impl Returns {
    /// `None` where one needs more than 64 bits, or sums more than 256.
    pub fn new(values: &[i128]) -> Option<Returns> {
        let narrow = values
            .iter()
            .map(|value| i64::try_from(*value).ok().filter(|one| *one != i64::MIN));
        Returns::of(narrow.collect::<Option<Vec<i64>>>()?)
    }

    fn of(values: Vec<i64>) -> Option<Returns> {
        let mut powers: [[Sum; 2]; 4] = Default::default();
        let (mut lost, mut sides) = ([Sum::default(), Sum::default()], [0, 0]);
        for value in &values {
            let size = u128::from(value.unsigned_abs());
            let square = size * size;
            let below = usize::from(*value < 0);
            powers[0][below].add((0, size))?;
            powers[1][0].add((0, square))?;
            powers[2][below].add(wide_product(square, size))?;
            powers[3][0].add(wide_product(square, square))?;
            if *value < 0 {
                lost[0].add((0, size))?;
                lost[1].add((0, square))?;
            }
            if *value != 0 {
                sides[below] += 1;
            }
        }
        Some(Returns {
            values,
            powers: powers.map(|[above, below]| above.big() - below.big()),
            lost: lost.map(|sum| sum.big()),
            sides,
        })
    }

    /// The returns themselves.
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// From the lowest to the highest.
    pub fn ascending(&self) -> Vec<i64> {
        let mut sorted = self.values.clone();
        sorted.sort_unstable();
        sorted
    }

    /// The sum of the products with as many others.
    pub fn products(&self, other: &Returns) -> Option<BigInt> {
        let mut sums: [Sum; 2] = Default::default();
        for (own, others) in self.values.iter().zip(&other.values) {
            let size = u128::from(own.unsigned_abs()) * u128::from(others.unsigned_abs());
            sums[usize::from((*own < 0) != (*others < 0))].add((0, size))?;
        }
        let [above, below] = sums;
        Some(above.big() - below.big())
    }

    /// What each is beyond another.
    pub fn less(&self, other: &Returns) -> Option<Returns> {
        let pairs = self.values.iter().zip(&other.values);
        let apart =
            pairs.map(|(own, others)| own.checked_sub(*others).filter(|apart| *apart != i64::MIN));
        Returns::of(apart.collect::<Option<Vec<i64>>>()?)
    }

    /// Those of the sessions in which another is above zero, or below it.
    pub fn picked(&self, other: &Returns, above: bool) -> Option<Returns> {
        let pairs = self.values.iter().zip(&other.values);
        let picked = pairs.filter(|(_, others)| if above { **others > 0 } else { **others < 0 });
        Returns::of(picked.map(|(own, _)| *own).collect())
    }

    /// The most above zero in a row, and the most below it.
    pub fn streaks(&self) -> (usize, usize) {
        let (mut most, mut row) = ([0; 2], [0; 2]);
        for value in &self.values {
            row = match value.signum() {
                1 => [row[0] + 1, 0],
                -1 => [0, row[1] + 1],
                _ => [0, 0],
            };
            most = [most[0].max(row[0]), most[1].max(row[1])];
        }
        (most[0], most[1])
    }

    /// One more than each: what a unit grew to in each session; `None` where one leaves nothing.
    fn factors(&self) -> Option<Vec<u64>> {
        let factor = |value: &i64| ONE.checked_add_signed(*value).filter(|one| *one > 0);
        self.values.iter().map(factor).collect()
    }

    /// `None` where a return leaves nothing, and where wealth leaves 256 bits.
    pub fn path(&self) -> Option<Path> {
        let unit = BigUint::from(10_u8).pow(PATH_DECIMALS);
        let mut wealth = Quad::from(&unit)?;
        let mut grown = Vec::with_capacity(self.values.len());
        for factor in self.factors()? {
            wealth = wealth.scaled(factor, ONE)?;
            grown.push(wealth);
        }
        let start = Quad::from(&unit)?;
        let lowest = grown
            .iter()
            .fold(start, |lowest, one| lowest.min(*one))
            .big();
        let one = BigUint::from(1_u8);
        let error = self.values.len() * &unit / (&lowest).max(&one) + &one;
        let slack = (error * 2_u8).min(&unit / BigUint::from(10_u8).pow(25));
        let slack = Fall::of(&slack)?;
        let (mut peak, mut squares, mut row) = (start, [0_u128; 5], 0);
        let (mut deepest, mut under, mut longest) = (Fall([0; 3]), 0, 0);
        for now in &grown {
            let fall = if *now >= peak {
                peak = *now;
                Fall([0; 3])
            } else {
                now.below(&peak)
            };
            if fall <= slack {
                row = 0;
                continue;
            }
            row += 1;
            under += 1;
            longest = longest.max(row);
            deepest = deepest.max(fall);
            fall.add_square(&mut squares)?;
        }
        let in_groups = |sum: BigUint, part: &u128| sum * GROUP + *part;
        let path = Path {
            last: wealth.big(),
            lowest,
            deepest: deepest.big(),
            squares: squares.iter().fold(BigUint::ZERO, in_groups),
            under,
            longest,
        };
        Some(path)
    }

    /// The product of one more than each, a part for every 4096; `None` where one leaves nothing.
    pub fn growth(&self) -> Option<Vec<Digits>> {
        Some(self.factors()?.chunks(CHUNK).map(first_digits).collect())
    }
}

/// Multiplied as a balanced tree, and cut where numbers get long.
fn first_digits(factors: &[u64]) -> Digits {
    let four = |four: &[u64]| {
        let at = |place: usize| u128::from(four.get(place).copied().unwrap_or(1));
        let (high, low) = wide_product(at(0) * at(1), at(2) * at(3));
        (BigUint::from(high) << 128_u8) + low
    };
    let mut left: Vec<BigUint> = factors.chunks(4).map(four).collect();
    let mut exponent = 0;
    loop {
        if left[0].bits() > 2 * ENOUGH_BITS {
            let shortest = left.iter().map(BigUint::bits).min().unwrap_or(0);
            let extra = shortest.saturating_sub(ENOUGH_BITS);
            left.iter_mut().for_each(|factor| *factor >>= extra);
            exponent += extra * left.len() as u64;
        }
        if left.len() == 1 {
            break;
        }
        let pair = |pair: &[BigUint]| {
            pair.get(1)
                .map_or_else(|| pair[0].clone(), |b| &pair[0] * b)
        };
        left = left.chunks(2).map(pair).collect();
    }
    Digits {
        product: left.swap_remove(0),
        exponent,
        count: factors.len(),
    }
}

/// The shares that parts are of their wholes, where those are above zero: their sum with 40 decimals, each rounded
/// half up, and how many there are. `None` where one leaves the widths here.
pub fn shares(parts: &[i128], wholes: &[i128]) -> Option<(Int, usize)> {
    const HALF_GUARD: i128 = 10_i128.pow(20);
    let (mut high, mut low, mut count) = (0_i128, 0_i128, 0);
    for (part, whole) in parts.iter().zip(wholes) {
        if *whole <= 0 {
            continue;
        }
        count += 1;
        // the first 20 decimals cut, then the next 20 rounded
        let (first, rest) = divided(*part, HALF_GUARD, whole.unsigned_abs())?;
        let (second, rest) = divided(rest, HALF_GUARD, whole.unsigned_abs())?;
        let up = rest >= whole - rest;
        high = high.checked_add(first)?;
        low = low.checked_add(second + i128::from(up))?;
    }
    Some((Int::from(high) * HALF_GUARD + low, count))
}

/// `part * factor / whole`, cut towards minus infinity, and the rest.
fn divided(part: i128, factor: i128, whole: u128) -> Option<(i128, i128)> {
    let (high, low) = wide_product(part.unsigned_abs(), factor.unsigned_abs());
    let (quotient, rest) = wide_division(high, low, whole).ok()?;
    let (quotient, rest) = (i128::try_from(quotient).ok()?, i128::try_from(rest).ok()?);
    Some(match (part < 0, rest) {
        (false, _) => (quotient, rest),
        (true, 0) => (-quotient, 0),
        (true, _) => (-quotient - 1, i128::try_from(whole).ok()? - rest),
    })
}

/// A sum without a sign of up to 256 bits.
#[derive(Default)]
struct Sum {
    high: u128,
    low: u128,
}

impl Sum {
    #[inline]
    fn add(&mut self, (high, low): (u128, u128)) -> Option<()> {
        let (sum, carried) = self.low.overflowing_add(low);
        self.low = sum;
        self.high = self
            .high
            .checked_add(high)?
            .checked_add(u128::from(carried))?;
        Some(())
    }

    fn big(&self) -> BigInt {
        (BigInt::from(self.high) << 128_u8) + self.low
    }
}

/// A number of 256 bits without a sign, its highest 64 first, so that they compare as they stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Quad([u64; 4]);

impl Quad {
    fn from(number: &BigUint) -> Option<Quad> {
        let digits = number.to_u64_digits();
        let mut limbs = [0; 4];
        for (place, digit) in digits.iter().enumerate() {
            *limbs.get_mut(3_usize.checked_sub(place)?)? = *digit;
        }
        Some(Quad(limbs))
    }

    fn big(self) -> BigUint {
        let [d, c, b, a] = self.0;
        let halves = [a, b, c, d].map(|limb| [limb as u32, (limb >> 32) as u32]);
        BigUint::from_slice(halves.as_flattened())
    }

    /// How far it lies below a peak above it, as a share of the peak.
    fn below(self, peak: &Quad) -> Fall {
        let shift = peak.leading_zeros();
        let by = peak.shifted(shift);
        let mut rest = by;
        take(&mut rest, &self.shifted(shift), 1);
        Fall([0; 3].map(|_| next_group(&mut rest, &by)))
    }

    fn leading_zeros(&self) -> u32 {
        let zeros = self.0.iter().take_while(|limb| **limb == 0).count();
        zeros as u32 * u64::BITS + self.0.get(zeros).map_or(0, |limb| limb.leading_zeros())
    }

    /// Its limbs, the lowest first, shifted up by fewer than their bits.
    fn shifted(self, by: u32) -> [u64; 4] {
        let [d, c, b, a] = self.0;
        let whole = (by / u64::BITS) as usize;
        let bits = by % u64::BITS;
        let mut out = [0; 4];
        for (place, limb) in [a, b, c, d].into_iter().enumerate() {
            let wide = u128::from(limb) << bits;
            if let Some(low) = out.get_mut(place + whole) {
                *low |= wide as u64;
            }
            if let Some(high) = out.get_mut(place + whole + 1) {
                *high |= (wide >> u64::BITS) as u64;
            }
        }
        out
    }

    /// `self * factor / divisor`, cut.
    fn scaled(self, factor: u64, divisor: u64) -> Option<Quad> {
        let mut product = [0; 5];
        let mut carried = 0_u128;
        for place in (0..4).rev() {
            let part = u128::from(self.0[place]) * u128::from(factor) + carried;
            product[place + 1] = part as u64;
            carried = part >> u64::BITS;
        }
        product[0] = carried as u64;
        let (mut out, mut rest) = ([0; 5], 0_u128);
        for place in 0..5 {
            let part = (rest << u64::BITS) | u128::from(product[place]);
            let digit = part / u128::from(divisor);
            rest = part - digit * u128::from(divisor);
            out[place] = digit as u64;
        }
        (out[0] == 0).then(|| Quad([out[1], out[2], out[3], out[4]]))
    }
}

/// The next 15 decimals of `rest / by`, which is below 1; `by` has its highest bit. What is left stays in `rest`.
///
/// One digit of Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, guessed too large by two at most.
fn next_group(rest: &mut [u64; 4], by: &[u64; 4]) -> u64 {
    let mut top = [0; 5];
    let mut carried = 0_u128;
    for (out, limb) in top.iter_mut().zip(*rest) {
        let part = u128::from(limb) * u128::from(GROUP) + carried;
        *out = part as u64;
        carried = part >> u64::BITS;
    }
    top[4] = carried as u64;
    let first = (carried << u64::BITS) | u128::from(top[3]);
    let mut digit = (first / u128::from(by[3])) as u64;
    let mut borrowed = take(&mut top, by, digit);
    while borrowed {
        digit -= 1;
        borrowed = !put_back(&mut top, by);
    }
    rest.copy_from_slice(&top[..4]);
    digit
}

/// A share below 1 with 45 decimals, 15 at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fall([u64; 3]);

impl Fall {
    /// `None` from 1 on.
    fn of(share: &BigUint) -> Option<Fall> {
        let digits = [2, 1, 0].map(|power| share / BigUint::from(GROUP).pow(power) % GROUP);
        let fall = Fall(digits.map(|digit| digit.iter_u64_digits().next().unwrap_or(0)));
        (fall.big() == *share).then_some(fall)
    }

    fn big(self) -> BigUint {
        let in_groups = |sum: BigUint, digit: u64| sum * GROUP + digit;
        self.0.into_iter().fold(BigUint::ZERO, in_groups)
    }

    /// Adds its square to sums of what stands in each group of the squares.
    fn add_square(self, sums: &mut [u128; 5]) -> Option<()> {
        let [a, b, c] = self.0.map(u128::from);
        let parts = [a * a, 2 * a * b, 2 * a * c + b * b, 2 * b * c, c * c];
        for (sum, part) in sums.iter_mut().zip(parts) {
            *sum = sum.checked_add(part)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_integer::Integer;
    use proptest::prelude::*;

    const UNIT: i64 = ONE as i64;

    fn returns(values: Vec<i64>) -> Returns {
        match Returns::of(values) {
            Some(returns) => returns,
            None => panic!("they fit"),
        }
    }

    #[test]
    fn what_is_too_wide_has_no_answer() {
        assert!(Returns::new(&[i128::from(i64::MAX)]).is_some());
        assert!(Returns::new(&[i128::from(i64::MIN)]).is_none());
        assert!(Returns::new(&[i128::from(i64::MAX) + 1]).is_none());
        // the fourth power of each has 252 bits
        assert!(Returns::new(&[i128::from(i64::MAX); 20]).is_none());
        assert!(returns(vec![-UNIT]).path().is_none());
        assert!(returns(vec![3 * UNIT; 60]).path().is_none());
    }

    #[test]
    fn a_path_by_hand() {
        let Some(path) = returns(vec![UNIT / 10, -UNIT / 2, UNIT, -UNIT / 2]).path() else {
            panic!("nothing is lost")
        };
        let share = |tenths: u8| BigUint::from(tenths) * BigUint::from(10_u8).pow(44);
        assert_eq!(
            (path.last, path.lowest),
            (share(55) / 10_u8, share(55) / 10_u8)
        );
        assert_eq!((path.deepest, path.under, path.longest), (share(5), 2, 1));
        assert_eq!(path.squares, share(5) * share(5) * 2_u8);
    }

    proptest! {
        #[test]
        fn sums_are_those_of_numbers_without_a_limit(values in prop::collection::vec(-3 * UNIT..3 * UNIT, 0..60)) {
            let found = returns(values.clone());
            let sum = |power: u32| values.iter().map(|v| BigInt::from(*v).pow(power)).sum::<BigInt>();
            prop_assert_eq!(&found.powers, &[sum(1), sum(2), sum(3), sum(4)]);
            let lost = values.iter().filter(|v| **v < 0).map(|v| BigInt::from(-*v)).sum::<BigInt>();
            prop_assert_eq!(&found.lost[0], &lost);
        }

        #[test]
        fn a_step_of_wealth_is_cut_as_without_a_limit(wealth in any::<[u64; 3]>(), factor in 1..u64::MAX) {
            let quad = Quad([0, wealth[0], wealth[1], wealth[2]]);
            let exact = quad.big() * factor / ONE;
            prop_assert_eq!(quad.scaled(factor, ONE).map(Quad::big), Some(exact));
        }

        #[test]
        fn a_fall_is_cut_as_without_a_limit(peak in any::<[u64; 3]>(), now in any::<[u64; 3]>(), zeros in 0..3_usize) {
            let quad = |limbs: [u64; 3], place: usize| {
                let mut all = [0, limbs[0], limbs[1], limbs[2]];
                all[place] = 0;
                Quad(all)
            };
            let (high, low) = (quad(peak, 0), quad(now, zeros));
            prop_assume!(low < high);
            let exact = (high.big() - low.big()) * BigUint::from(10_u8).pow(45) / high.big();
            // where nothing is left of what is rounded, the share is 1
            prop_assume!(exact < BigUint::from(10_u8).pow(45));
            prop_assert_eq!(low.below(&high).big(), exact);
        }

        #[test]
        fn shares_are_rounded_half_up(part in any::<i64>(), whole in 1..10_i128.pow(25)) {
            let part = i128::from(part) << 20;
            let twice = BigInt::from(whole) * 2;
            let top: BigInt = BigInt::from(part) * 2 * BigInt::from(10).pow(40) + whole;
            let exact = top.div_floor(&twice);
            prop_assert_eq!(shares(&[part, 7], &[whole, 0]).map(|(sum, n)| (sum.big(), n)), Some((exact, 1)));
        }

        #[test]
        fn the_first_digits_of_a_product_are_its_own(factors in prop::collection::vec(1..u64::MAX, 1..300)) {
            let exact = factors.iter().fold(BigUint::from(1_u8), |product, factor| product * *factor);
            let found = first_digits(&factors);
            let less = &exact - (&found.product << found.exponent);
            // off by less than 2^-300 of it
            prop_assert!(less << 300_u16 <= exact);
        }
    }
}
