//! Which orders a bar can do anything to: a table of bounds, which knows no order type.
//!
//! The twin is `rustybt/_kernels/_wake.py`.

use crate::books::Series;

/// When an order acts: from a bar on, and then only where a price lies outside of two bounds; or at a bar, whatever the
/// prices are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The first bar on which it may act.
    pub from_bar: usize,
    /// The bar from which on it is looked at whatever the prices are.
    pub until_bar: usize,
    /// It acts where the lowest price of a bar is this, or lower.
    pub below: i128,
    /// It acts where the highest price of a bar is this, or higher.
    pub above: i128,
}

impl Bounds {
    fn join(&mut self, other: &Bounds) {
        self.from_bar = self.from_bar.min(other.from_bar);
        self.until_bar = self.until_bar.min(other.until_bar);
        self.below = self.below.max(other.below);
        self.above = self.above.min(other.above);
    }

    fn sleeps(&self, bar: usize, lowest: i128, highest: i128) -> bool {
        bar < self.until_bar
            && (bar < self.from_bar || (lowest > self.below && highest < self.above))
    }
}

/// The sleeping orders of an asset, and the prices that wake them.
struct Asleep<L> {
    tradable: L,
    lowest: L,
    highest: L,
    /// By the numbers of the orders, in ascending order.
    orders: Vec<(i64, Bounds)>,
    /// Between which prices all of them sleep, from one bar on until another.
    all: Bounds,
}

impl<L: Series> Asleep<L> {
    fn tighten(&mut self) {
        let mut all = SLEEPLESS;
        for (_, bounds) in &self.orders {
            all.join(bounds);
        }
        self.all = all;
    }
}

const SLEEPLESS: Bounds = Bounds {
    from_bar: usize::MAX,
    until_bar: usize::MAX,
    below: i128::MIN,
    above: i128::MAX,
};

/// What a bar wakes of the orders of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awake {
    /// None.
    None,
    /// Those that `is_awake` names.
    Some,
    /// All of them: none is asleep.
    All,
}

/// The sleeping orders of a run, by slot.
pub struct Wake<L> {
    slots: Vec<Option<Asleep<L>>>,
}

impl<L> Default for Wake<L> {
    fn default() -> Wake<L> {
        Wake { slots: Vec::new() }
    }
}

impl<L: Series> Wake<L> {
    /// Whether an asset has sleeping orders.
    pub fn knows(&self, slot: usize) -> bool {
        self.slots.get(slot).is_some_and(Option::is_some)
    }

    /// Names the series of an asset: its volume, its lowest and its highest price.
    pub fn watch(&mut self, slot: usize, tradable: L, lowest: L, highest: L) {
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        self.slots[slot] = Some(Asleep {
            tradable,
            lowest,
            highest,
            orders: Vec::new(),
            all: SLEEPLESS,
        });
    }

    /// Puts an order of an asset that is watched to sleep. Returns whether it sleeps on a bar.
    pub fn sleep(&mut self, slot: usize, number: i64, bar: usize, bounds: Bounds) -> bool {
        let Some(Some(asleep)) = self.slots.get_mut(slot) else {
            return false;
        };
        match asleep
            .orders
            .binary_search_by_key(&number, |(known, _)| *known)
        {
            Ok(place) => {
                asleep.orders[place].1 = bounds;
                asleep.tighten();
            }
            Err(place) => {
                asleep.orders.insert(place, (number, bounds));
                asleep.all.join(&bounds);
            }
        }
        let prices = (asleep.lowest.price(bar), asleep.highest.price(bar));
        matches!(prices, (Some(lowest), Some(highest)) if bounds.sleeps(bar, lowest, highest))
    }

    /// Forgets an order that is over, or is to be looked at anew.
    pub fn forget(&mut self, slot: usize, number: i64) {
        if let Some(Some(asleep)) = self.slots.get_mut(slot)
            && let Ok(place) = asleep
                .orders
                .binary_search_by_key(&number, |(known, _)| *known)
        {
            let (_, gone) = asleep.orders.remove(place);
            // bounds that are too tight wake none that sleeps: each order is asked itself then
            let all = &asleep.all;
            if gone.below == all.below
                || gone.above == all.above
                || (gone.until_bar == all.until_bar && gone.until_bar != usize::MAX)
            {
                asleep.tighten();
            }
        }
    }

    /// Forgets all orders of an asset.
    pub fn stir(&mut self, slot: usize) {
        if let Some(Some(asleep)) = self.slots.get_mut(slot) {
            asleep.orders.clear();
            asleep.tighten();
        }
    }

    /// What a bar wakes of so many open orders of an asset; None beyond the last bar.
    pub fn of(&self, slot: usize, bar: usize, open: usize) -> Option<Awake> {
        let Some(Some(asleep)) = self.slots.get(slot) else {
            return Some(Awake::All);
        };
        if asleep.tradable.price(bar)? <= 0 && bar < asleep.all.until_bar {
            return Some(Awake::None);
        }
        let (lowest, highest) = (asleep.lowest.price(bar)?, asleep.highest.price(bar)?);
        let all = asleep.orders.len() == open && asleep.all.sleeps(bar, lowest, highest);
        Some(if all { Awake::None } else { Awake::Some })
    }

    /// Whether a bar wakes an order; one that does not sleep is awake.
    pub fn is_awake(&self, slot: usize, bar: usize, number: i64) -> bool {
        let Some(Some(asleep)) = self.slots.get(slot) else {
            return true;
        };
        let prices = (asleep.lowest.price(bar), asleep.highest.price(bar));
        let (Some(lowest), Some(highest)) = prices else {
            return true;
        };
        match asleep
            .orders
            .binary_search_by_key(&number, |(known, _)| *known)
        {
            Ok(place) => !asleep.orders[place].1.sleeps(bar, lowest, highest),
            Err(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(below: i128, above: i128) -> Bounds {
        Bounds {
            from_bar: 0,
            until_bar: usize::MAX,
            below,
            above,
        }
    }

    fn table() -> Wake<Vec<i128>> {
        let mut wake = Wake::default();
        let (volume, low, high) = (vec![9, 9, 0, 9], vec![10, 5, 1, 9], vec![12, 9, 99, 20]);
        wake.watch(1, volume, low, high);
        wake
    }

    #[test]
    fn a_bar_wakes_the_orders_whose_bounds_it_leaves() {
        let mut wake = table();
        assert!(wake.sleep(1, 7, 0, bounds(5, i128::MAX)));
        assert!(!wake.sleep(1, 4, 3, bounds(i128::MIN, 20)));
        assert_eq!(wake.of(1, 0, 2), Some(Awake::None));
        assert_eq!(wake.of(1, 1, 2), Some(Awake::Some));
        assert_eq!(
            (wake.is_awake(1, 1, 7), wake.is_awake(1, 1, 4)),
            (true, false)
        );
        assert_eq!(
            (wake.is_awake(1, 3, 7), wake.is_awake(1, 3, 4)),
            (false, true)
        );
        // a bar without a trade wakes nobody, however far its prices are
        assert_eq!(wake.of(1, 2, 2), Some(Awake::None));
        assert_eq!(wake.of(1, 4, 2), None);
    }

    #[test]
    fn an_order_that_was_never_put_to_sleep_is_awake() {
        let mut wake = table();
        assert_eq!(wake.of(0, 0, 1), Some(Awake::All));
        assert!(!wake.sleep(0, 4, 0, bounds(0, 99)) && wake.sleep(1, 4, 0, bounds(0, 99)));
        assert_eq!(wake.of(1, 0, 2), Some(Awake::Some));
        assert!(wake.is_awake(1, 0, 5) && !wake.is_awake(1, 0, 4));
        wake.forget(1, 4);
        assert!(wake.is_awake(1, 0, 4));
        wake.stir(1);
        assert_eq!(wake.of(1, 0, 1), Some(Awake::Some));
        assert!(wake.knows(1) && wake.is_awake(1, 0, 4));
    }

    #[test]
    fn an_order_sleeps_from_one_bar_to_another_whatever_the_prices_are() {
        let mut wake = table();
        let late = Bounds {
            from_bar: 1,
            until_bar: 3,
            ..bounds(i128::MAX, i128::MIN)
        };
        wake.sleep(1, 1, 0, late);
        assert_eq!(wake.of(1, 0, 1), Some(Awake::None));
        assert!(!wake.is_awake(1, 0, 1) && wake.is_awake(1, 1, 1));
        let ends = Bounds {
            until_bar: 2,
            ..bounds(i128::MIN, i128::MAX)
        };
        wake.sleep(1, 1, 0, ends);
        assert_eq!(wake.of(1, 1, 1), Some(Awake::None));
        // it ends on a bar without a trade too
        assert_eq!(wake.of(1, 2, 1), Some(Awake::Some));
    }
}
