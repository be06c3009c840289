//! The arithmetic against reference values, properties and simulations.

mod bound;
mod evidence;
mod histogram;
mod onset;
mod reference;
mod season;

/// A small generator, so that each simulation is the same every time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In 0 to 1.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A binomial distribution, drawn from by its table.
struct Binomial(Vec<f64>);

impl Binomial {
    fn new(trials: u32, rate: f64) -> Self {
        let mut chance = (1.0 - rate).powi(i32::try_from(trials).unwrap());
        let mut below = 0.0;
        let table = (0..=trials).map(|bad| {
            below += chance;
            chance *= f64::from(trials - bad) / f64::from(bad + 1) * rate / (1.0 - rate);
            below
        });
        Self(table.collect())
    }

    fn draw(&self, dice: &mut Dice) -> u64 {
        let drawn = dice.uniform();
        self.0.iter().take_while(|below| **below <= drawn).count() as u64
    }
}

/// Equal to so many digits after the point.
#[track_caller]
fn near(value: f64, expected: f64, digits: i32) {
    assert!((value - expected).abs() <= 0.51 * 10_f64.powi(-digits), "{value} is not {expected}");
}
