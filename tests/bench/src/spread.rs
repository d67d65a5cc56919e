//! Numbers of several rounds in short.

use serde::Serialize;

/// The median of some rounds' numbers, and how far they went.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    /// The least.
    pub least: f64,
    /// The one in the middle.
    pub median: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// The spread of some numbers; `None` of none.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied();
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(at(middle.checked_sub(1)?)?, at(middle)?)
        } else {
            at(middle)?
        };
        Some(Self { least: at(0)?, median, most: at(sorted.len() - 1)? })
    }
}
