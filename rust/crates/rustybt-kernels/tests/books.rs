//! What the books do with cash, positions and marks: amounts worked out by hand.

use rustybt_kernels::books::{Books, LIMIT, MONEY_SCALE, Refusal, Scales};
use rustybt_kernels::int::Int;

const MONEY: i128 = 10_i128.pow(MONEY_SCALE);
const FILL: i128 = 10_i128.pow(10); // a cent at the fill scale of 12

/// A thousand, and one asset in cents at 10.00, 12.00 and 9.00.
fn books() -> Books<Vec<i128>> {
    let mut books = Books::default();
    books
        .open_pocket("main", "USD", &Int::from(1_000 * MONEY))
        .expect("a thousand");
    assert_eq!(slot(&mut books, vec![1_000, 1_200, 900]), 0);
    books
}

fn slot(books: &mut Books<Vec<i128>>, marks: Vec<i128>) -> usize {
    slot_of(books, marks, 1, false)
}

fn slot_of(
    books: &mut Books<Vec<i128>>,
    marks: Vec<i128>,
    multiplier: i128,
    daily_settled: bool,
) -> usize {
    let (step, multiplier) = (Int::ONE, Int::from(multiplier));
    books
        .open_slot(
            0,
            marks,
            Scales {
                mark: 2,
                fill: 12,
                quantity: 0,
                step,
                multiplier,
                multiplier_scale: 0,
                daily_settled,
            },
        )
        .expect("a pocket")
}

fn fill(
    books: &mut Books<Vec<i128>>,
    slot: usize,
    quantity: i128,
    cents: i128,
) -> Result<Int, Refusal> {
    books.fill(slot, Int::from(quantity), &Int::from(cents * FILL))
}

#[test]
fn a_fill_takes_its_price_from_cash_and_a_sale_its_share_from_the_cost() {
    let mut books = books();
    assert_eq!(fill(&mut books, 0, 6, 1_000), Ok(Int::from(-60 * MONEY)));
    assert_eq!(fill(&mut books, 0, 3, 1_300), Ok(Int::from(-39 * MONEY)));
    assert_eq!(books.position(0), Ok((9, 99 * MONEY)));
    assert_eq!(fill(&mut books, 0, -3, 2_000), Ok(Int::from(60 * MONEY)));
    assert_eq!(books.position(0), Ok((6, 66 * MONEY)));
    assert_eq!(books.cash(None), Ok(Int::from(961 * MONEY)));
}

#[test]
fn a_fill_through_zero_opens_the_other_side_at_its_price() {
    let mut books = books();
    fill(&mut books, 0, 2, 1_000).expect("two");
    fill(&mut books, 0, -5, 1_100).expect("three short");
    assert_eq!(books.position(0), Ok((-3, -33 * MONEY)));
    assert_eq!(books.cash(None), Ok(Int::from(1_035 * MONEY)));
}

#[test]
fn a_position_that_was_closed_comes_back_at_the_end() {
    let mut books = books();
    for marks in [vec![100], vec![100]] {
        slot(&mut books, marks);
    }
    for at in 0..3 {
        fill(&mut books, at, 1, 100).expect("one");
    }
    fill(&mut books, 0, -1, 100).expect("closed");
    fill(&mut books, 0, 1, 100).expect("again");
    fill(&mut books, 1, -2, 100).expect("turned around, not closed");
    assert_eq!(books.held(), [1, 2, 0]);
}

#[test]
fn the_value_follows_the_bar_the_fills_and_the_overrides() {
    let mut books = books();
    fill(&mut books, 0, 10, 1_000).expect("ten");
    assert_eq!(books.positions_value(None), Ok(100 * MONEY));
    books.seek(1);
    assert_eq!(books.positions_value(None), Ok(120 * MONEY));
    books
        .override_mark(0, Int::from(600 * FILL))
        .expect("a mark");
    assert_eq!(books.positions_value(None), Ok(60 * MONEY));
    books.clear_overrides();
    fill(&mut books, 0, -20, 1_200).expect("short");
    assert_eq!(books.equity(None), Ok(Int::from(1_020 * MONEY)));
    books.seek(3);
    assert_eq!(books.positions_value(None), Err(Refusal::Price(0)));
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut books = books();
    fill(&mut books, 0, 10, 1_000).expect("ten");
    let before = (books.cash(None), books.position(0));
    assert!(matches!(
        fill(&mut books, 0, 10_i128.pow(18), 100),
        Err(Refusal::Money(_))
    ));
    let least = Int::from(1 - LIMIT);
    assert!(matches!(books.charge(0, &least), Err(Refusal::Money(_))));
    assert!(matches!(
        books.post(0, &Int::power_of_ten(90)),
        Err(Refusal::Money(_))
    ));
    assert_eq!(
        books.set_position(0, &Int::power_of_ten(38), &Int::ZERO),
        Err(Refusal::Money(Int::from(LIMIT)))
    );
    assert_eq!(
        books.set_position(7, &Int::ONE, &Int::ONE),
        Err(Refusal::Slot)
    );
    assert_eq!((books.cash(None), books.position(0)), before);
}

#[test]
fn a_target_takes_off_what_is_held() {
    let mut books = books();
    fill(&mut books, 0, 10, 1_000).expect("ten");
    let (half, price) = (Int::from(5), Int::from(1_000 * FILL));
    assert_eq!(
        books.size_of_weight(0, &half, 1, &price, false),
        Ok(Int::from(50))
    );
    assert_eq!(
        books.size_of_weight(0, &half, 1, &price, true),
        Ok(Int::from(40))
    );
    assert_eq!(
        books.size_of_value(0, &Int::from(-55), 0, &price, true),
        Ok(Int::from(-15))
    );
    assert_eq!(
        books.size_of_value(0, &half, 0, &Int::ZERO, false),
        Err(Refusal::ZeroPrice)
    );
}

#[test]
fn a_future_moves_cash_by_what_its_price_moved_and_posts_it_when_it_settles() {
    let mut books = books();
    let future = slot_of(&mut books, vec![2_000, 2_100, 1_900], 50, true);
    // 3 contracts at 20.10, multiplier 50: 15 lost at the mark of 20.00, and 300 more money a point from there
    assert_eq!(fill(&mut books, future, 3, 2_010), Ok(Int::ZERO));
    assert_eq!(books.cash(None), Ok(Int::from(985 * MONEY)));
    assert_eq!(books.posted(0), Ok(1_000 * MONEY));
    assert_eq!(books.positions_value(None), Ok(0));
    assert_eq!(books.equity(None), Ok(Int::from(985 * MONEY)));
    assert_eq!(books.settle(future), Ok(Int::from(-15 * MONEY)));
    assert_eq!(books.posted(0), Ok(985 * MONEY));
    books.seek(1);
    assert_eq!(books.variation_margin(0), Ok(Int::from(150 * MONEY)));
    assert_eq!(
        books.long_and_short_exposure(),
        Ok((Int::from(3_150 * MONEY), Int::ZERO))
    );
    // closed at 20.50: 75 gained since the last settlement, whatever the mark does now
    fill(&mut books, future, -3, 2_050).expect("closed");
    books.seek(2);
    assert_eq!(books.cash(None), Ok(Int::from(1_060 * MONEY)));
    assert_eq!(books.unsettled(), [future]);
    assert_eq!(books.settle(future), Ok(Int::from(75 * MONEY)));
    assert_eq!(books.settle(future), Ok(Int::ZERO));
    assert_eq!(books.unsettled(), [] as [usize; 0]);
    assert_eq!(books.posted(0), Ok(1_060 * MONEY));
}

/// Dollars and euros of two accounts, with an asset in each pocket.
fn four_pockets() -> Books<Vec<i128>> {
    let mut books = Books::default();
    for account in ["trend", "carry"] {
        for (currency, cash) in [("USD", 1_000), ("EUR", 0)] {
            let pocket = books.open_pocket(account, currency, &Int::from(cash * MONEY));
            let pocket = pocket.expect("a pocket");
            let scales = Scales {
                mark: 2,
                fill: 12,
                quantity: 0,
                step: Int::ONE,
                multiplier: Int::ONE,
                multiplier_scale: 0,
                daily_settled: false,
            };
            let slot = books.open_slot(pocket, vec![1_000, 1_200, 900], scales);
            assert_eq!(slot, Ok(pocket));
        }
    }
    books
}

#[test]
fn money_of_another_currency_is_counted_at_the_rate_and_rounded_once() {
    let mut books = four_pockets();
    assert_eq!(fill(&mut books, 1, 3, 1_000), Ok(Int::from(-30 * MONEY)));
    assert_eq!(books.equity(None), Err(Refusal::Rate(1)));
    // a euro is 2/3 of a dollar: -20 of cash, 20 of shares
    assert_eq!(books.set_rate(1, Int::from(2), Int::from(3)), Ok(()));
    assert_eq!(books.market_value(1), Ok(Int::from(20 * MONEY)));
    assert_eq!(books.equity(None), Ok(Int::from(2_000 * MONEY)));
    books.seek(1);
    assert_eq!(books.market_value(1), Err(Refusal::Rate(1)));
    assert_eq!(books.set_rate(1, Int::from(1), Int::from(7)), Ok(()));
    // a seventh of 36 and of 30, each by itself: 5.14285714285714285714(28) and 4.28571428571428571428(57)
    assert_eq!(
        books.market_value(1),
        Ok(Int::from(514_285_714_285_714_285_714))
    );
    let cash = Int::from(2_000 * MONEY - 428_571_428_571_428_571_429);
    assert_eq!(books.cash(None), Ok(cash.clone()));
    assert_eq!(
        books.equity(None),
        Ok(cash + 514_285_714_285_714_285_714_i128)
    );
    assert_eq!(books.cash_of(1), Ok(Int::from(-30 * MONEY)));
    assert_eq!(books.used(), [0, 1, 2]);
}

#[test]
fn what_accounts_are_worth_adds_up_and_transfers_change_no_sum() {
    let mut books = four_pockets();
    for (pocket, quantity) in [(0, 5), (1, 7), (2, -4), (3, 11)] {
        fill(&mut books, pocket, quantity, 1_100).expect("a fill");
    }
    for pocket in [1, 3] {
        books
            .set_rate(pocket, Int::from(13), Int::from(11))
            .expect("a rate");
    }
    let sum = |books: &mut Books<Vec<i128>>| {
        let (trend, carry) = (books.equity(Some(0)), books.equity(Some(1)));
        trend.expect("a value") + &carry.expect("a value")
    };
    let whole = books.equity(None).expect("a value");
    assert_eq!(sum(&mut books), whole);
    let (out, same) = (Int::from(250 * MONEY), Int::from(250 * MONEY));
    assert_eq!(books.transfer(0, &out, 2, &same), Ok(()));
    assert_eq!(books.equity(None), Ok(whole.clone()));
    assert_eq!(sum(&mut books), whole);
    assert_eq!(books.transfer(0, &out, 0, &same), Err(Refusal::Itself(0)));
    let before = (books.posted(0), books.posted(2));
    let refused = books.transfer(0, &out, 2, &Int::from(LIMIT - 1));
    assert!(matches!(refused, Err(Refusal::Money(_))));
    assert_eq!((books.posted(0), books.posted(2)), before);
    // 10% of the second account's value, not of the whole
    let share = books
        .size_of_weight(2, &Int::ONE, 1, &Int::from(1_000 * FILL), false)
        .expect("a size");
    let carry = books.equity(Some(1)).expect("a value").narrow();
    let whole_units = carry.expect("128 bits") / 10 / (10 * MONEY);
    assert_eq!(share, Int::from(whole_units));
}

#[test]
fn what_is_to_be_settled_stands_by_account_and_currency() {
    let mut books = Books::default();
    for (account, currency) in [("a", "USD"), ("a", "JPY"), ("b", "USD"), ("a", "EUR")] {
        let pocket = books.open_pocket(account, currency, &Int::ZERO);
        let pocket = pocket.expect("a pocket");
        let scales = Scales {
            mark: 2,
            fill: 12,
            quantity: 0,
            step: Int::ONE,
            multiplier: Int::ONE,
            multiplier_scale: 0,
            daily_settled: true,
        };
        books
            .open_slot(pocket, vec![1_000, 1_100], scales)
            .expect("a slot");
    }
    assert_eq!(
        books.open_pocket("a", "EUR", &Int::ZERO),
        Err(Refusal::Open)
    );
    for slot in [2, 1, 3, 0] {
        fill(&mut books, slot, 1, 1_000).expect("a fill");
    }
    assert_eq!(books.unsettled(), [0, 3, 1, 2]);
    books.seek(1);
    assert_eq!(books.cash_of(3), Ok(Int::from(MONEY)));
    assert_eq!(books.cash_of(0), Ok(Int::from(MONEY)));
    assert_eq!(books.settle(3), Ok(Int::from(MONEY)));
    assert_eq!(books.posted(3), Ok(MONEY));
    assert_eq!(books.posted(0), Ok(0));
}
