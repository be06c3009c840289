//! `[service.….acceptance.…]`

use std::time::Duration;

use super::{SERVICE, load};
use crate::config::acceptance::{Demand, HeaderList};
use crate::config::{CheckKind, Config, Mistakes};
use crate::model::acceptance::Group;
use crate::model::policy::Otherwise;

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
        ("url = \"http://a/\"\nload = { rate = 5 }", "is not supported by this version"),
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
