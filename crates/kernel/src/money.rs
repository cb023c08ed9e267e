//! Amounts of money: integer đồng.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// An amount in đồng. Arithmetic saturates at the ends of `i64`, far beyond any amount of the city.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Nothing to pay.
    pub const ZERO: Money = Money(0);

    /// The number of đồng.
    pub fn dong(self) -> i64 {
        self.0
    }

    /// Whether there is nothing to pay.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl From<i64> for Money {
    fn from(dong: i64) -> Self {
        Self(dong)
    }
}

impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Money;

    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}

impl Neg for Money {
    type Output = Money;

    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}

impl Mul<i64> for Money {
    type Output = Money;

    fn mul(self, times: i64) -> Money {
        Money(self.0.saturating_mul(times))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Money> for Money {
    fn sum<I: Iterator<Item = &'a Money>>(amounts: I) -> Money {
        amounts.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_add_up_and_never_wrap() {
        assert_eq!([Money(8_000), Money(10_000)].iter().sum::<Money>(), Money(18_000));
        assert_eq!(Money(2_000) * 3 - Money(1_000), Money(5_000));
        assert_eq!(Money(i64::MAX) + Money(1), Money(i64::MAX));
        assert_eq!(-Money(i64::MIN), Money(i64::MAX));
    }
}
