//! The host's clock is moved under a daemon that runs: it is the library of Debian's `faketime` that moves it.

use std::process::Command;

use golive::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::shop::Shop;

/// The loader knows where its kind of machine has it.
pub(crate) const LIBRARY: &str = "/usr/$LIB/faketime/libfaketime.so.1";

impl Shop {
    /// The daemon begins with a clock that [`Shop::move_clock`] moves.
    fn start_movable(&mut self) {
        self.end();
        self.move_clock("+0");
        let mut daemon: Command = self.command(&["daemon"]);
        daemon.env("LD_PRELOAD", LIBRARY).env("FAKETIME_TIMESTAMP_FILE", self.path("clock")).envs([
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ]);
        self.spawn_as(daemon);
        self.until("it answers", |shop| shop["accepted"]["version"] == "1");
    }

    fn move_clock(&self, by: &str) {
        self.write("clock", by);
    }

    /// Waits until the daemon has begun anew so many times.
    fn began_anew(&self, times: usize) {
        let told = || self.logged().matches("the host's clock was moved: beginning anew").count();
        self.until("it begins anew", |shop| told() == times && !shop.is_null());
    }
}

fn at(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// A window of half an hour around the moment an hour from now.
fn in_an_hour() -> String {
    let edge = |minutes: i64| {
        let at = Clock::wall() + SignedDuration::from_mins(60 + minutes);
        at.strftime("%H:%M").to_string()
    };
    format!("[service.shop.maintenance]\nwindows = [\"daily {}-{}\"]\n", edge(-15), edge(15))
}

#[test]
fn a_moved_clock_is_followed_where_peoples_time_matters() {
    let mut shop = Shop::open(&in_an_hour());
    shop.start_movable();
    assert!(shop.status()["maintenance"].is_null());

    shop.move_clock("+3600");
    shop.began_anew(1);
    shop.until("the window is open", |shop| !shop["maintenance"].is_null());
    shop.deploy("2", false);
    shop.until("a person decides", |shop| shop["phase"] == "held");
    assert_eq!(shop.version(), "2");
    let began = at(&shop.status()["release"]["started_at"]);
    assert!(began.duration_since(Clock::wall()) > SignedDuration::from_mins(59), "{began}");

    // An hour back: the window is closed, and the next one is judged as ever.
    shop.move_clock("+0");
    shop.began_anew(2);
    assert!(shop.status()["maintenance"].is_null());
    shop.deploy("3", false);
    shop.until("it is rolled back", |shop| shop["decided"]["state"] == "rolled-back");
    assert_eq!(shop.version(), "1");
}

#[test]
fn a_watch_lasts_as_long_as_it_should_however_the_clock_is_moved() {
    for by in ["+3600", "-3600"] {
        let mut shop = Shop::open("");
        shop.start_movable();
        shop.deploy("2", true);
        shop.until("it is watched", |shop| shop["phase"] == "watching");
        let watched = Clock::start();
        let began = watched.now();
        shop.move_clock(by);
        shop.began_anew(1);
        shop.until("it is accepted", |shop| shop["accepted"]["version"] == "2");
        let lasted = watched.now().duration_since(began);
        // The window, once more at most, and the second in which it is noticed.
        let most = SignedDuration::from_secs(15);
        assert!(lasted > SignedDuration::from_secs(1) && lasted < most, "{by}: {lasted}");
    }
}
