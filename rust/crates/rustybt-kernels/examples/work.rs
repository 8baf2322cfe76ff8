//! Workloads of the books and of matching for callgrind: `work NAME ROUNDS`. benchmarks/instructions.py counts what a round costs.

use rustybt_kernels::books::{Books, MONEY_SCALE, Scales};
use rustybt_kernels::int::Int;
use rustybt_kernels::matching::{Asked, Commission, Slippage};

const MONEY: i128 = 10_i128.pow(MONEY_SCALE);
const FILL: i128 = 10_i128.pow(10);
const POSITIONS: usize = 50;
const BARS: usize = 100;

/// Books with 50 positions in shares priced to the cent, as the scenario D50 has them.
fn books() -> Books<Vec<i128>> {
    let mut books = Books::default();
    books
        .open_pocket("main", "USD", &Int::from(1_000_000 * MONEY))
        .expect("a million");
    for slot in 0..POSITIONS {
        let marks = (0..BARS).map(|bar| price(slot, bar)).collect();
        books
            .open_slot(
                0,
                marks,
                Scales {
                    mark: 2,
                    fill: 12,
                    quantity: 0,
                    step: Int::ONE,
                    multiplier: Int::ONE,
                    multiplier_scale: 0,
                    daily_settled: false,
                },
            )
            .expect("a pocket");
        let quantity = Int::from(100 + slot as i128);
        books
            .fill(slot, quantity, &Int::from(price(slot, 0) * FILL))
            .expect("a fill");
    }
    books
}

/// Cents between 40 and 60, scattered but the same each time.
fn price(slot: usize, bar: usize) -> i128 {
    4_000 + ((slot * 7_919 + bar * 104_729) % 2_000) as i128
}

fn value_after_each_bar(books: &mut Books<Vec<i128>>) {
    for bar in 0..BARS {
        books.seek(bar);
        books.positions_value(None).expect("a value");
    }
}

fn size_of_weights(books: &mut Books<Vec<i128>>) {
    let weight = Int::from(37_037_037_037_037_035); // 1/27 as a float says it
    for slot in 0..POSITIONS {
        let at = Int::from(price(slot, 0) * FILL);
        books
            .size_of_weight(slot, &weight, 18, &at, true)
            .expect("a size");
    }
}

fn fills_and_fees(books: &mut Books<Vec<i128>>) {
    let fee = Int::from(MONEY / 10 * 3);
    for quantity in [7, -7] {
        for slot in 0..POSITIONS {
            let at = Int::from(price(slot, 0) * FILL + 12_345);
            books.fill(slot, Int::from(quantity), &at).expect("a fill");
            books.charge(slot, &fee).expect("a fee");
        }
    }
}

fn session_end(books: &mut Books<Vec<i128>>) {
    books.long_and_short().expect("sides");
    assert!(books.positions().all(|position| position.is_ok()));
}

/// 50 orders of a bar asked for their price and their fee, as D50's models say them.
fn quotes_and_fees(_: &mut Books<Vec<i128>>) {
    let model = Slippage::BasisPoints {
        buy: Int::from(10_005),
        sell: Int::from(9_995),
        of: Int::from(10_000),
        share: Int::ONE,
        share_of: Int::from(10),
    };
    let fees = Commission::PerUnit {
        cost: Int::ONE,
        scale: 3,
        minimum: Int::ZERO,
    };
    let volume = Int::from(500_000);
    for slot in 0..POSITIONS {
        let asked = Asked {
            buys: slot % 2 == 0,
            wanted: &Int::from(7),
            price: &Int::from(price(slot, 0) * FILL),
            volume: &volume,
            used: &Int::ZERO,
            step: &Int::ONE,
        };
        let (_, units) = model.quote(asked).expect("a fill");
        assert!(!fees.fee(&units, 0, &Int::ZERO, &Int::ZERO).is_negative());
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, rounds] = arguments.as_slice() else {
        panic!("work NAME ROUNDS");
    };
    let rounds: usize = rounds.parse().expect("a number of rounds");
    let work = match name.as_str() {
        "value_after_each_bar" => value_after_each_bar,
        "size_of_weights" => size_of_weights,
        "fills_and_fees" => fills_and_fees,
        "session_end" => session_end,
        "quotes_and_fees" => quotes_and_fees,
        _ => panic!("there is no work {name}"),
    };
    let mut books = books();
    for _ in 0..rounds {
        work(&mut books);
    }
}
