//! The customers of the demo's service. They are made up, and come evenly, so that what a metrics page says of them is
//! known beforehand; how many came follows from the time alone.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

/// Edges of the histogram in seconds.
const EDGES: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0, 5.0, 10.0];

/// Who comes, and how they are served.
#[derive(Debug, Clone)]
pub struct Customers {
    /// Requests per second.
    pub requests: f64,
    /// The part of them that is answered with 500.
    pub errors: f64,
    /// How long each answer takes.
    pub latency: Duration,
    /// Orders per second.
    pub orders: f64,
}

impl Customers {
    /// The metrics page of a process that began then and has served for so long, in Prometheus' text format.
    pub(super) fn page(&self, began: Timestamp, served: Duration) -> String {
        let seconds = served.as_secs_f64();
        let requests = (self.requests * seconds).floor();
        // A hair's breadth more, so that a tenth of ten is one.
        let errors = (requests * self.errors + 1e-9).floor();
        let took = self.latency.as_secs_f64();
        let mut page = String::new();
        let mut line = |text: &str, value: f64| {
            writeln!(page, "{text} {value}").expect("writing to a string cannot fail");
        };
        line("# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds", in_seconds(began));
        line("# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"}", requests - errors);
        // As client libraries do it: a series is there from its first request on.
        if errors > 0.0 {
            line("http_requests_total{code=\"500\"}", errors);
        }
        line("# TYPE orders_total counter\norders_total", (self.orders * seconds).floor());
        line(
            "# TYPE backup_age_seconds gauge\n# HELP backup_age_seconds No backup yet.\nbackup_age_seconds",
            f64::NAN,
        );
        let name = "http_request_duration_seconds";
        let mut bucket = format!("# TYPE {name} histogram\n");
        for edge in EDGES {
            let within = if took <= edge { requests } else { 0.0 };
            line(&format!("{bucket}{name}_bucket{{le=\"{edge}\"}}"), within);
            bucket.clear();
        }
        line(&format!("{name}_bucket{{le=\"+Inf\"}}"), requests);
        line(&format!("{name}_sum"), requests * took);
        line(&format!("{name}_count"), requests);
        page
    }
}

fn in_seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_was_asked_for() {
        let customers =
            Customers { requests: 50.0, errors: 0.09, latency: Duration::from_secs(3), orders: 0.5 };
        let page = customers.page(Timestamp::UNIX_EPOCH, Duration::from_secs(10));
        for line in [
            "http_requests_total{code=\"200\"} 455",
            "http_requests_total{code=\"500\"} 45",
            "http_request_duration_seconds_bucket{le=\"2.5\"} 0",
            "http_request_duration_seconds_bucket{le=\"3\"} 500",
            "http_request_duration_seconds_bucket{le=\"+Inf\"} 500",
            "orders_total 5",
        ] {
            assert!(page.lines().any(|other| other == line), "{line} is not in\n{page}");
        }
        let none = Customers { requests: 0.3, errors: 0.1, ..customers };
        assert!(!none.page(Timestamp::UNIX_EPOCH, Duration::from_secs(30)).contains("500\""));
        assert!(none.page(Timestamp::UNIX_EPOCH, Duration::from_secs(34)).contains("{code=\"500\"} 1\n"));
    }
}
