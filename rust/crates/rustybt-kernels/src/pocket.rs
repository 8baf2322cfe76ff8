//! A pocket: the cash of one account in one currency, and what a unit of it is worth in the base currency.

use crate::books::{Refusal, money};
use crate::fixed::{mul_div_half_even, triple_div_half_even};
use crate::int::Int;
use crate::slot::MONEY_SCALE;

/// So many units of the base currency for so many of another, at a bar.
#[derive(Clone, Debug)]
struct Rate {
    bar: usize,
    numerator: Int,
    denominator: Int,
}

#[derive(Clone, Debug)]
pub(crate) struct Pocket {
    number: usize,
    /// The place of its account among the accounts.
    pub(crate) account: usize,
    pub(crate) currency: String,
    /// Whether its currency is another than the base.
    pub(crate) foreign: bool,
    pub(crate) posted: i128,
    /// Whether anything was ever booked.
    pub(crate) used: bool,
    rate: Option<Rate>,
    /// A bar, what the cash came to at it, and what that is in the base currency: asked for with every order that is
    /// sized, and the same for most of them.
    cash: Option<(usize, i128, Int)>,
}

impl Pocket {
    pub(crate) fn new(
        number: usize,
        account: usize,
        currency: &str,
        foreign: bool,
        posted: i128,
    ) -> Pocket {
        Pocket {
            number,
            account,
            currency: currency.to_owned(),
            foreign,
            posted,
            used: number == 0 || posted != 0,
            rate: None,
            cash: None,
        }
    }

    /// What pockets are sorted by: account by account, the base currency first.
    pub(crate) fn rank(&self) -> (usize, bool, &str) {
        (self.account, self.foreign, &self.currency)
    }

    /// Sets the rate of a bar, or, without one, forgets it.
    pub(crate) fn set_rate(&mut self, rate: Option<(usize, Int, Int)>) {
        self.cash = None;
        self.rate = rate.map(|(bar, numerator, denominator)| Rate {
            bar,
            numerator,
            denominator,
        });
    }

    /// The rate of a bar: 1 of the base currency.
    pub(crate) fn rate_at(&self, bar: usize) -> Result<(&Int, &Int), Refusal> {
        match &self.rate {
            _ if !self.foreign => Ok((&Int::ONE, &Int::ONE)),
            Some(rate) if rate.bar == bar => Ok((&rate.numerator, &rate.denominator)),
            _ => Err(Refusal::Rate(self.number)),
        }
    }

    /// Money of the pocket in the base currency; rounded once, half-even, at 20 decimals.
    #[inline]
    pub(crate) fn to_base(&self, amount: Int, bar: usize) -> Result<Int, Refusal> {
        match self.foreign {
            true if amount != Int::ZERO => self.converted(&amount, bar),
            _ => Ok(amount),
        }
    }

    /// The same of what its cash comes to.
    pub(crate) fn cash_to_base(&mut self, cash: Int, bar: usize) -> Result<Int, Refusal> {
        let (true, Some(amount)) = (self.foreign, cash.narrow()) else {
            return self.to_base(cash, bar);
        };
        if let Some((of, was, in_base)) = &self.cash
            && (*of, *was) == (bar, amount)
        {
            return Ok(in_base.clone());
        }
        let in_base = self.to_base(cash, bar)?;
        self.cash = Some((bar, amount, in_base.clone()));
        Ok(in_base)
    }

    #[inline(never)]
    fn converted(&self, amount: &Int, bar: usize) -> Result<Int, Refusal> {
        let (numerator, denominator) = self.rate_at(bar)?;
        if let (Int::Narrow(a), Int::Narrow(n), Int::Narrow(d)) = (amount, numerator, denominator)
            && let Ok(converted) = mul_div_half_even(*a, *n, *d)
        {
            return Ok(Int::from(money(&Int::from(converted))?));
        }
        let converted = (amount.clone() * numerator).div_half_even(denominator);
        Ok(Int::from(money(&converted)?))
    }

    /// A share of money of the base currency, with so many decimals in all, in the pocket's; rounded once, half-even,
    /// at 20 decimals.
    pub(crate) fn own_of_base(
        &self,
        amount: &Int,
        share: &Int,
        scale: u32,
        bar: usize,
    ) -> Result<Int, Refusal> {
        let (numerator, denominator) = self.rate_at(bar)?;
        let up = Int::power_of_ten(MONEY_SCALE.saturating_sub(scale));
        let down = Int::power_of_ten(scale.saturating_sub(MONEY_SCALE));
        let (factor, divisor) = (denominator.clone() * &up, numerator.clone() * &down);
        if let (Int::Narrow(a), Int::Narrow(b), Int::Narrow(c), Int::Narrow(d)) =
            (amount, share, &factor, &divisor)
            && let Ok(converted) = triple_div_half_even(*a, *b, *c, *d)
        {
            return Ok(Int::from(converted));
        }
        Ok((amount.clone() * share * &factor).div_half_even(&divisor))
    }
}
