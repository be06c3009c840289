//! Releases that look bad, and are not taken back, as too little speaks against them.

use super::stage::{Source, Stage, at_once, both, explained};

#[test]
fn four_percent_of_errors() {
    at_once(&[
        ("four", Source::Prometheus, under_the_limit),
        ("four", Source::Scrape, under_the_limit),
        ("worse", Source::Prometheus, worse_than_before),
        ("worse", Source::Scrape, worse_than_before),
    ]);
}

fn under_the_limit(mut stage: Stage) {
    stage.rules(&[("relative", "\"off\"")], "");
    stage.baseline(&[]);
    stage.deploy("2", &["--error-ratio", "0.04"]);
    stage.accepted();
    explained(&stage.explain(), &["requests failed", "with 95 % confidence"]);
}

/// Without a word about it, what is worse than before, yet under the limits, is for a person.
fn worse_than_before(mut stage: Stage) {
    stage.rules(&[], "");
    stage.baseline(&["--requests-per-second", "500"]);
    stage.deploy("2", &["--requests-per-second", "500", "--error-ratio", "0.04"]);
    stage.held(&["requests failed", "tolerated", "before 0 %", "a person decides"]);
}

#[test]
fn health_that_fails_twice_in_a_row_again_and_again() {
    both("flaps", |mut stage| {
        stage.rules(&[], "");
        stage.baseline(&[]);
        stage.deploy("2", &["--flap"]);
        stage.held(&[
            "\"web\" failed",
            "of the last 10 times, never often enough in a row",
            "a person decides",
        ]);
    });
}

/// The old version has counted far more than the new one will; neither growth nor failures come of that.
#[test]
fn counters_that_begin_anew_at_the_swap() {
    both("reset", |mut stage| {
        stage.rules(&stage.counters(), "");
        stage.baseline(&["--requests-per-second", "2000", "--error-ratio", "0.01"]);
        stage.deploy("2", &["--requests-per-second", "20", "--error-ratio", "0.01"]);
        let counted = || stage.trigger("error-rate")["samples"].as_u64().unwrap_or_default();
        stage.until("version 2 is watched", || stage.host.status()["release"]["version"] == "2");
        stage.until("its requests are counted", || counted() >= 200);
        assert!(counted() <= 300);
        stage.accepted();
    });
}

#[test]
fn ten_requests_one_of_them_an_error() {
    both("few", |mut stage| {
        stage.rules(&stage.counters(), "");
        stage.baseline(&["--requests-per-second", "0.6"]);
        stage.deploy("2", &["--requests-per-second", "0.6", "--error-ratio", "0.1"]);
        stage.accepted();
        explained(&stage.explain(), &["not everything could be proved", "error-rate: 1 of 1"]);
    });
}

#[test]
fn a_measurement_that_tells_nothing() {
    both("blind", |mut stage: Stage| {
        let (errors, latency, more) = match stage.source {
            Source::Prometheus => (
                "{ query = \"vector(0) / vector(0)\" }",
                "{ query = \"nobody_counts_this\" }",
                "[service.shop.business.carts]\nquery = \"http_requests_total\"\nbelow = 0\n",
            ),
            Source::Scrape => (
                "{ metric = \"nobody_counts_this\" }",
                "{ metric = \"nor_that\" }",
                "[service.shop.business.carts]\nmetric = \"backup_age_seconds\"\nbelow = 0\n",
            ),
        };
        stage.rules(&[("error-rate", errors), ("latency-p95", latency)], more);
        stage.baseline(&["--error-ratio", "0.01"]);
        stage.deploy("2", &["--error-ratio", "0.01"]);
        let words = match stage.source {
            Source::Prometheus => ["NaN", "no series", "2 series where one is expected"],
            Source::Scrape => ["is not exposed", "is not exposed", "backup_age_seconds is NaN"],
        };
        for (name, word) in ["error-rate", "latency-p95", "carts"].into_iter().zip(words) {
            let said = || stage.trigger(name)["why"].to_string();
            stage.until(&format!("{name} says: {word}"), || said().contains(word));
        }
        stage.held(&["could not be told for"]);
    });
}
