//! `[service.….acceptance.…]`

use std::time::Duration;

use super::{SERVICE, load};
use crate::config::acceptance::{Demand, HeaderList, Load};
use crate::config::{CheckKind, Config, Mistakes};
use crate::model::acceptance::Group;
use crate::model::policy::{Otherwise, Ppm};

fn load_item(keys: &str) -> Result<Config, Mistakes> {
    load(&format!("{SERVICE}[service.api.acceptance.it]\n{keys}"))
}

#[test]
fn what_is_asked_of_a_release_is_read_with_its_group() {
    let item = |keys: &str| load_item(keys).unwrap().services["api"].acceptance["it"].clone();
    let url = "url = \"http://a/\"\n";
    let latency = |times, below| Demand::Latency { times, below };
    for (keys, group, demand) in [
        (url.to_owned(), Group::Function, Demand::Passes),
        (format!("{url}group = \"monitoring\""), Group::Monitoring, Demand::Passes),
        (format!("{url}max-latency = \"500ms\""), Group::Performance, latency(20, Some(0.5))),
        (format!("{url}times = 7"), Group::Performance, latency(7, None)),
        (format!("{url}unauthenticated = 401"), Group::Security, Demand::Passes),
        (
            format!("{url}not-served = [\"/.env\"]"),
            Group::Security,
            Demand::NotServed(vec!["/.env".to_owned()]),
        ),
        (format!("{url}secure-headers = \"web\""), Group::Security, Demand::SecureHeaders(HeaderList::Web)),
        (
            "url = \"http://[::1]:8080/\"\nrate-limited = { after = 100, within = \"5s\" }".to_owned(),
            Group::Security,
            Demand::RateLimited { after: 100, within: Duration::from_secs(5) },
        ),
        ("tls = \"a:443\"".to_owned(), Group::Security, Demand::Passes),
        ("command = [\"true\"]".to_owned(), Group::Function, Demand::Passes),
    ] {
        let item = item(&keys);
        assert_eq!((item.group, item.demand), (group, demand), "{keys}");
    }
    let CheckKind::Http(check) = item(&format!("{url}unauthenticated = [401, 403]")).check.kind else {
        panic!("a check by url")
    };
    assert_eq!(check.status, [401, 403]);
}

#[test]
fn what_makes_no_sense_is_told() {
    for (keys, told) in [
        ("tcp = \"a:1\"\ntimes = 3", "times: is only for a check by `url`"),
        ("url = \"http://a/\"\ntimes = 1001", "is more than 1000"),
        ("url = \"http://a/\"\ntimes = 0", "times"),
        ("url = \"http://a/\"\nunauthenticated = 401\nstatus = 200", "stands beside `unauthenticated`"),
        ("url = \"http://a/\"\nnot-served = [\".env\"]", "does not begin with a slash"),
        (
            "url = \"http://a/\"\nnot-served = [\"/a\"]\nsecure-headers = \"api\"",
            "is a second demand beside another",
        ),
        ("url = \"http://a/\"\nsecure-headers = \"all\"", "\"all\" is not known here"),
        (
            "url = \"http://shop.example/\"\nrate-limited = { after = 5, within = \"5s\" }",
            "would send a burst of requests to another host",
        ),
        (
            "url = \"http://localhost/\"\nrate-limited = { after = 5, within = \"2m\" }",
            "is longer than a minute",
        ),
        (
            "url = \"http://localhost/\"\nrate-limited = { after = 5000, within = \"5s\" }",
            "is more than 1000",
        ),
        ("url = \"http://localhost/\"\nrate-limited = { after = 5 }", "within"),
        ("group = \"function\"", "does not say what to check"),
        ("watch = {}", "has no limit"),
        ("watch = { p95 = \"1s\", median = \"1s\" }", "median"),
        ("watch = { error-rate = \"101%\" }", "is not from 0 to 1"),
        ("watch = { p95 = \"1s\" }\nurl = \"http://a/\"", "url"),
    ] {
        let error = load_item(keys).unwrap_err().to_string();
        assert!(error.contains(told), "{keys}: {error}");
    }
    let elsewhere = "url = \"http://shop.example/\"\nallow = \"shop.example\"\nrate-limited = { after = 5, within = \"5s\" }";
    assert!(load_item(elsewhere).is_ok(), "whose it is, the rules say");
}

#[test]
fn before_a_release_is_accepted_its_items_are_made_unless_only_on_demand() {
    let item = "[service.api.acceptance.home]\nurl = \"http://localhost/\"\n";
    for (keys, on_fail) in [
        ("", Some(Otherwise::Hold)),
        ("when = \"before-accept\"\non-fail = \"rollback\"\n", Some(Otherwise::Rollback)),
        ("on-fail = \"accept\"\n", Some(Otherwise::Accept)),
        ("when = \"on-demand\"\n", None),
    ] {
        let config = load(&format!("{SERVICE}[service.api.acceptance]\n{keys}{item}")).unwrap();
        assert_eq!(config.services["api"].policy.acceptance, on_fail, "{keys}");
    }
    let config = load(&format!("{SERVICE}[service.api.acceptance]\non-fail = \"hold\"\n")).unwrap();
    assert_eq!(config.services["api"].policy.acceptance, None, "there is nothing to make");
    let wrong = load(&format!("{SERVICE}[service.api.acceptance]\non-fail = \"retry\"\n{item}"));
    assert!(wrong.unwrap_err().to_string().contains("\"retry\" is not known here"));
}

#[test]
fn a_load_is_read_with_its_defaults() {
    let demand = |keys: &str| load_item(keys).unwrap().services["api"].acceptance["it"].clone();
    let small = demand("url = \"http://a/\"\nload = { rate = 50, for = \"30s\" }");
    let seconds = Duration::from_secs;
    let wanted = Load {
        rate: 50,
        lasts: seconds(30),
        warm_up: Duration::ZERO,
        p95: None,
        error_rate: Ppm(10_000),
        connections: 200,
        timeout: seconds(10),
        allow: None,
    };
    assert_eq!((small.group, small.demand), (Group::Performance, Demand::Load(wanted.clone())));
    let full = demand(
        "url = \"https://shop.example/\"\nallow = \"shop.example\"\ntimeout = \"3s\"\nload = { rate = 1000, for = \"590s\", \
         warm-up = \"10s\", p95 = \"3s\", error-rate = \"5%\", connections = 500 }",
    );
    let most = Load {
        rate: 1000,
        lasts: seconds(590),
        warm_up: seconds(10),
        p95: Some(seconds(3)),
        error_rate: Ppm(50_000),
        connections: 500,
        timeout: seconds(3),
        allow: Some("shop.example".to_owned()),
    };
    assert_eq!(full.demand, Demand::Load(most));
}

#[test]
fn a_load_beyond_its_bounds_is_told() {
    let url = "url = \"http://a/\"\n";
    for (keys, told) in [
        ("load = { for = \"30s\" }", "has no `rate`"),
        ("load = { rate = 5 }", "has no `for`"),
        ("load = { rate = 1001, for = \"30s\" }", "is more than 1000 requests a second"),
        ("load = { rate = 0, for = \"30s\" }", "0 is too small"),
        ("load = { rate = 5, for = \"601s\" }", "is longer than 10m"),
        ("load = { rate = 5, for = \"999ms\" }", "is shorter than 1s"),
        ("load = { rate = 5, for = \"10m\", warm-up = \"1s\" }", "makes the run longer than ten minutes"),
        ("load = { rate = 5, for = \"30s\", connections = 501 }", "is more than 500"),
        ("load = { rate = 5, for = \"30s\", p95 = \"11s\" }", "is longer than `timeout`"),
        ("timeout = \"61s\"\nload = { rate = 5, for = \"30s\" }", "is longer than a minute"),
        ("json = { \"/a\" = 1 }\nload = { rate = 5, for = \"30s\" }", "stands beside `load`"),
        ("max-latency = \"1s\"\nload = { rate = 5, for = \"30s\" }", "stands beside `load`"),
        ("not-served = [\"/a\"]\nload = { rate = 5, for = \"30s\" }", "is a second demand beside another"),
        ("load = { rate = 5, for = \"30s\", p99 = \"1s\" }", "is not a known key"),
    ] {
        let error = load_item(&format!("{url}{keys}")).unwrap_err().to_string();
        assert!(error.contains(told), "{keys}: {error}");
    }
    let elsewhere = load_item("tcp = \"a:1\"\nload = { rate = 5, for = \"30s\" }").unwrap_err().to_string();
    assert!(elsewhere.contains("load: is only for a check by `url`"), "{elsewhere}");
}
