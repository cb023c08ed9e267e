//! Figures for the operator in the text format of Prometheus, with our own small recorder behind the `metrics` facade.
//!
//! Labels are ids of code (routes, methods, statuses, codes), never values of people; so the number of series is bounded.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// Upper ends of the classes of a histogram, in seconds.
const CLASSES: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Series beyond this are dropped: a fault in labels must not eat the memory of a city.
const MOST_SERIES: usize = 20_000;

#[derive(Default)]
struct Classes {
    counts: [AtomicU64; CLASSES.len()],
    total: AtomicU64,
    /// Sum in microseconds of the unit recorded.
    sum: AtomicU64,
}

impl metrics::HistogramFn for Classes {
    fn record(&self, value: f64) {
        for (end, count) in CLASSES.iter().zip(&self.counts) {
            if value <= *end {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.total.fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add((value.max(0.0) * 1e6) as u64, Ordering::Relaxed);
    }
}

enum Series {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Classes>),
}

#[derive(Default)]
struct Register {
    series: RwLock<BTreeMap<(String, String), Series>>,
    help: RwLock<BTreeMap<String, String>>,
}

static REGISTER: OnceLock<Register> = OnceLock::new();

fn register() -> &'static Register {
    REGISTER.get_or_init(Register::default)
}

/// Makes the recorder of this crate the one of the process. `serve` calls it once; a second call changes nothing.
pub fn install() {
    if metrics::set_global_recorder(Prometheus).is_err() {
        tracing::debug!("a metrics recorder is installed already");
    }
    INSTALLED.store(true, Ordering::Release);
}

/// Whether somebody reads the figures: before that nothing may be found once and kept.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Route, method and status of an answer.
type Answered = (&'static str, &'static str, u16);

/// Counts one answered request. Its series are found once and kept: finding them by their labels costs more than
/// everything else about counting.
pub(crate) fn count_request(route: &'static str, method: &'static str, status: u16, took: Duration) {
    static KNOWN: OnceLock<RwLock<HashMap<Answered, (Counter, Histogram)>>> = OnceLock::new();
    if !INSTALLED.load(Ordering::Acquire) {
        return;
    }
    let known = KNOWN.get_or_init(RwLock::default);
    let count = |(counter, histogram): &(Counter, Histogram)| {
        counter.increment(1);
        histogram.record(took.as_secs_f64());
    };
    if let Some(series) = known.read().unwrap_or_else(PoisonError::into_inner).get(&(route, method, status)) {
        return count(series);
    }
    let labels = [("route", route.to_owned()), ("method", method.to_owned()), ("status", status.to_string())];
    let counter = metrics::counter!("haidang_http_requests_total", &labels);
    let series = (counter, metrics::histogram!("haidang_http_request_duration_seconds", "route" => route));
    count(&series);
    known.write().unwrap_or_else(PoisonError::into_inner).insert((route, method, status), series);
}

struct Prometheus;

impl Prometheus {
    fn series<T: Clone>(
        key: &Key,
        pick: impl Fn(&Series) -> Option<T>,
        make: impl FnOnce() -> (T, Series),
    ) -> Option<T> {
        let place = (name(key.name()), labels(key));
        let register = register();
        let known = register.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(&place) {
            return pick(series);
        }
        drop(known);
        let mut all = register.series.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = all.get(&place) {
            return pick(series);
        }
        if all.len() >= MOST_SERIES {
            return None;
        }
        let (value, series) = make();
        all.insert(place, series);
        Some(value)
    }

    fn describe(key: &KeyName, text: &SharedString) {
        let mut help = register().help.write().unwrap_or_else(PoisonError::into_inner);
        help.insert(name(key.as_str()), text.replace('\n', " "));
    }
}

impl Recorder for Prometheus {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        Self::describe(&key, &description);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        Self::describe(&key, &description);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        Self::describe(&key, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let pick = |series: &Series| match series {
            Series::Counter(value) => Some(value.clone()),
            _ => None,
        };
        let make = || {
            let value = Arc::new(AtomicU64::new(0));
            (value.clone(), Series::Counter(value))
        };
        Self::series(key, pick, make).map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let pick = |series: &Series| match series {
            Series::Gauge(value) => Some(value.clone()),
            _ => None,
        };
        let make = || {
            let value = Arc::new(AtomicU64::new(0.0_f64.to_bits()));
            (value.clone(), Series::Gauge(value))
        };
        Self::series(key, pick, make).map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let pick = |series: &Series| match series {
            Series::Histogram(value) => Some(value.clone()),
            _ => None,
        };
        let make = || {
            let value = Arc::new(Classes::default());
            (value.clone(), Series::Histogram(value))
        };
        Self::series(key, pick, make).map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

/// Letters, digits, `_` and `:` only.
fn name(raw: &str) -> String {
    raw.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == ':' { c } else { '_' }).collect()
}

/// `a="x",b="y"`, in the order of their names.
fn labels(key: &Key) -> String {
    let mut pairs: Vec<String> = key
        .labels()
        .map(|label| {
            let value = label.value().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{}=\"{value}\"", name(label.key()))
        })
        .collect();
    pairs.sort();
    pairs.join(",")
}

/// Everything recorded so far, one family after the other.
pub fn render() -> String {
    let all = register().series.read().unwrap_or_else(PoisonError::into_inner);
    let help = register().help.read().unwrap_or_else(PoisonError::into_inner);
    let mut text = String::new();
    let mut family = "";
    for ((name, labels), series) in all.iter() {
        let kind = match series {
            Series::Counter(_) => "counter",
            Series::Gauge(_) => "gauge",
            Series::Histogram(_) => "histogram",
        };
        if name != family {
            if let Some(what) = help.get(name) {
                let _ = writeln!(text, "# HELP {name} {what}");
            }
            let _ = writeln!(text, "# TYPE {name} {kind}");
            family = name;
        }
        let own = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        match series {
            Series::Counter(value) => {
                let _ = writeln!(text, "{name}{own} {}", value.load(Ordering::Relaxed));
            }
            Series::Gauge(value) => {
                let _ = writeln!(text, "{name}{own} {}", f64::from_bits(value.load(Ordering::Relaxed)));
            }
            Series::Histogram(classes) => write_histogram(&mut text, name, labels, &own, classes),
        }
    }
    text
}

fn write_histogram(text: &mut String, name: &str, labels: &str, own: &str, classes: &Classes) {
    let comma = if labels.is_empty() { "" } else { "," };
    for (end, count) in CLASSES.iter().zip(&classes.counts) {
        let _ = writeln!(text, "{name}_bucket{{{labels}{comma}le=\"{end}\"}} {}", count.load(Ordering::Relaxed));
    }
    let total = classes.total.load(Ordering::Relaxed);
    let _ = writeln!(text, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {total}");
    let _ = writeln!(text, "{name}_sum{own} {}", classes.sum.load(Ordering::Relaxed) as f64 / 1e6);
    let _ = writeln!(text, "{name}_count{own} {total}");
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_prometheus_reads_them() {
        metrics::with_local_recorder(&Prometheus, || {
            metrics::describe_counter!("trial_total", "Things tried");
            metrics::counter!("trial_total", "b" => "2", "a" => "say \"hi\"").increment(3);
            metrics::gauge!("trial_level").set(1.5);
            metrics::histogram!("trial_seconds", "route" => "x").record(0.004);
            metrics::histogram!("trial_seconds", "route" => "x").record(60.0);
        });
        let text = render();
        for line in [
            "# HELP trial_total Things tried",
            "# TYPE trial_total counter",
            "trial_total{a=\"say \\\"hi\\\"\",b=\"2\"} 3",
            "trial_level 1.5",
            "trial_seconds_bucket{route=\"x\",le=\"0.0025\"} 0",
            "trial_seconds_bucket{route=\"x\",le=\"0.005\"} 1",
            "trial_seconds_bucket{route=\"x\",le=\"+Inf\"} 2",
            "trial_seconds_sum{route=\"x\"} 60.004",
            "trial_seconds_count{route=\"x\"} 2",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} not in\n{text}");
        }
    }
}
