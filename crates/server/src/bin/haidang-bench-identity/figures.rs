//! Figures beside their limits.

use anyhow::Result;
use std::io::Write as _;
use std::time::Duration;

pub(crate) fn say(line: impl std::fmt::Display) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// What a figure must be.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    Least(f64),
    Most(f64),
}

/// Prints a figure; answers 1 when it misses its limit.
pub(crate) fn figure(name: &str, value: f64, limit: Limit, unit: &str) -> Result<usize> {
    let (good, sign, bound) = match limit {
        Limit::Least(bound) => (value >= bound, "≥", bound),
        Limit::Most(bound) => (value <= bound, "≤", bound),
    };
    let verdict = if good { "ok  " } else { "MISS" };
    say(format_args!("  {verdict} {name:<66} {value:>9.2} {unit} ({sign} {bound} {unit})"))?;
    Ok(usize::from(!good))
}

/// Milliseconds below which this share of the times lies.
pub(crate) fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}
