//! Properties of the fixed-point arithmetic, judged without it: by multiplying back in 384 bits.
//!
//! `q` is `a * b / d` rounded half-even exactly if `2 * |a*b - q*d| <= |d|`, with an even `q` where equal.

use std::cmp::Ordering;

use proptest::prelude::*;
use rustybt_kernels::fixed::{
    Overflow, div_half_even, mul_div_half_even, rescale_half_even, triple_div_half_even,
};
use rustybt_kernels::int::Int;

/// Magnitude in 32-bit limbs, lowest first: slow, plain, and another algorithm than the one under test.
type Limbs = [u32; 12];

fn limbs(value: u128) -> Limbs {
    let mut out = [0; 12];
    for (i, limb) in out.iter_mut().take(4).enumerate() {
        *limb = (value >> (32 * i)) as u32;
    }
    out
}

fn product(a: Limbs, b: Limbs) -> Limbs {
    let mut out = [0; 12];
    for i in 0..12 {
        let mut carry = 0_u64;
        for j in 0..12 - i {
            let sum = u64::from(out[i + j]) + u64::from(a[i]) * u64::from(b[j]) + carry;
            out[i + j] = sum as u32;
            carry = sum >> 32;
        }
    }
    out
}

fn compare(a: &Limbs, b: &Limbs) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

/// |a - b|
fn distance(a: Limbs, b: Limbs) -> Limbs {
    let (large, small) = if compare(&a, &b) == Ordering::Less {
        (b, a)
    } else {
        (a, b)
    };
    let mut out = [0; 12];
    let mut borrow = 0_i64;
    for i in 0..12 {
        let mut difference = i64::from(large[i]) - i64::from(small[i]) - borrow;
        borrow = i64::from(difference < 0);
        if difference < 0 {
            difference += 1 << 32;
        }
        out[i] = difference as u32;
    }
    out
}

fn is_the_rounded_quotient(a: i128, b: i128, d: i128, q: i128) -> bool {
    let negative = (a < 0) ^ (b < 0) ^ (d < 0);
    if q != 0 && (q < 0) != negative {
        return false;
    }
    let exact = product(limbs(a.unsigned_abs()), limbs(b.unsigned_abs()));
    let back = product(limbs(q.unsigned_abs()), limbs(d.unsigned_abs()));
    let twice = product(distance(exact, back), limbs(2));
    match compare(&twice, &limbs(d.unsigned_abs())) {
        Ordering::Less => true,
        Ordering::Equal => q % 2 == 0,
        Ordering::Greater => false,
    }
}

/// An `Overflow` is right where even the nearest representable quotient is too small.
fn leaves_128_bits(a: i128, b: i128, d: i128) -> bool {
    let exact = product(limbs(a.unsigned_abs()), limbs(b.unsigned_abs()));
    let negative = (a < 0) ^ (b < 0) ^ (d < 0);
    let most = if negative {
        i128::MIN.unsigned_abs()
    } else {
        i128::MAX.unsigned_abs()
    };
    compare(&exact, &product(limbs(most), limbs(d.unsigned_abs()))) == Ordering::Greater
}

/// Integers of every length, not only the long ones that a uniform draw gives.
fn any_length() -> impl Strategy<Value = i128> {
    (any::<i128>(), 0_u32..128).prop_map(|(value, shift)| value >> shift)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_product_divided_is_rounded_once(a in any_length(), b in any_length(), d in any_length()) {
        prop_assume!(d != 0);
        match mul_div_half_even(a, b, d) {
            Ok(q) => prop_assert!(is_the_rounded_quotient(a, b, d, q), "{a} * {b} / {d} gave {q}"),
            Err(Overflow) => prop_assert!(leaves_128_bits(a, b, d), "{a} * {b} / {d} fits"),
        }
    }

    #[test]
    fn a_product_of_three_divided_is_what_integers_without_a_limit_give(
        a in any_length(), b in any_length(), c in any_length(), d in any_length()
    ) {
        prop_assume!(d != 0);
        if let Ok(q) = triple_div_half_even(a, b, c, d) {
            let product = Int::from(a) * &Int::from(b) * &Int::from(c);
            prop_assert_eq!(product.div_half_even(&Int::from(d)), Int::from(q));
        }
    }

    #[test]
    fn a_quotient_is_rounded_once(a in any_length(), d in any_length()) {
        prop_assume!(d != 0);
        match div_half_even(a, d) {
            Ok(q) => prop_assert!(is_the_rounded_quotient(a, 1, d, q), "{a} / {d} gave {q}"),
            Err(Overflow) => prop_assert!(leaves_128_bits(a, 1, d), "{a} / {d} fits"),
        }
    }

    #[test]
    fn a_tie_goes_to_the_even_neighbour(q in any::<i64>(), half in 1_i128..1_000_000_000) {
        let q = i128::from(q);
        let even = if q % 2 == 0 { q } else { q + 1 };
        prop_assert_eq!(div_half_even(q * 2 * half + half, 2 * half), Ok(even));
    }

    #[test]
    fn up_and_down_a_scale_is_the_same_number(value in any::<i64>(), scale in 0_u32..19, more in 0_u32..19) {
        let value = i128::from(value);
        let up = rescale_half_even(value, scale, scale + more);
        prop_assert_eq!(up.and_then(|v| rescale_half_even(v, scale + more, scale)), Ok(value));
    }
}
