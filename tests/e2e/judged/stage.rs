//! A service with customers, and what measures it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use golive_fixtures::host::Host;
use golive_fixtures::prometheus::Prometheus;
use serde_json::Value;

/// A service with fifty requests and five orders a second.
pub(super) const BUSY: [&str; 4] = ["--requests-per-second", "50", "--orders-per-second", "5"];

/// The error rate by counters, each failure of which is seen: a rate does not see the first.
const COUNTERS: &str = r#"{ above = "5%", over = "10s", min-requests = 100, errors-query = 'http_requests_total{code=~"5.."}', requests-query = 'http_requests_total' }"#;

/// A rule of the team's, of what no trigger asks about.
const ALERTS: &str = r#"
groups:
- name: shop
  rules:
  - alert: SomeFail
    expr: sum(rate(http_requests_total{code=~"5.."}[5s])) > 0.2
    labels: { service: shop }
"#;

/// How long a release is watched.
const WINDOW: &str = "20s";

/// So long may a watch take that is put off once, and a rollback after it.
const DECIDED: Duration = Duration::from_secs(90);

/// What golive has its numbers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Prometheus,
    Scrape,
}

/// One case.
pub(super) struct Stage {
    pub(super) host: Host,
    pub(super) source: Source,
    pub(super) prometheus: Option<Prometheus>,
    test: String,
}

/// A case with either source at the same time.
pub(super) fn both(test: &str, case: fn(Stage)) {
    at_once(&[(test, Source::Prometheus, case), (test, Source::Scrape, case)]);
}

/// A name, a source, and what is to be seen.
pub(super) type Case<'a> = (&'a str, Source, fn(Stage));

/// Cases that do not mind each other.
pub(super) fn at_once(cases: &[Case<'_>]) {
    std::thread::scope(|scope| {
        for (test, source, case) in cases {
            let name = format!("{test}-{source:?}").to_lowercase();
            let stage = Stage::new(&name, *source);
            std::thread::Builder::new().name(name).spawn_scoped(scope, || case(stage)).unwrap();
        }
    });
}

impl Stage {
    pub(super) fn new(test: &str, source: Source) -> Self {
        let host = Host::new(&format!("judged-{test}"));
        let target = format!("127.0.0.1:{}", host.port);
        let prometheus = (source == Source::Prometheus).then(|| Prometheus::ruled(&target, ALERTS));
        Self { host, source, prometheus, test: test.to_owned() }
    }

    /// The error rate by what counts each request.
    pub(super) fn counters(&self) -> Vec<(&'static str, &'static str)> {
        self.prometheus.iter().map(|_| ("error-rate", COUNTERS)).collect()
    }

    /// The usual rules with short times; `changes` are keys of `[service.shop.trigger]`, `more` is anything else.
    pub(super) fn rules(&self, changes: &[(&str, &str)], more: &str) {
        self.host.write_rules("");
        let limits = |above: &str, least: u32, query: &str| {
            let query = if self.prometheus.is_some() { query } else { "" };
            format!("{{ above = \"{above}\", over = \"10s\", min-requests = {least}{query} }}")
        };
        let errors = r#", query = 'sum(rate(http_requests_total{code=~"5.."}[5s])) / sum(rate(http_requests_total[5s]))'"#;
        let p95 = ", query = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5s])))'";
        let mut triggers = BTreeMap::from([
            ("error-rate", limits("5%", 100, errors)),
            ("latency-p95", limits("2s", 200, p95)),
            ("resources", "false".to_owned()),
        ]);
        triggers.extend(changes.iter().map(|(key, value)| (*key, (*value).to_owned())));
        let triggers =
            triggers.iter().fold(String::new(), |all, (key, value)| all + &format!("{key} = {value}\n"));
        let port = self.host.port;
        let (source, orders) = match &self.prometheus {
            Some(prometheus) => (
                format!("[prometheus]\nurl = \"{}\"\n", prometheus.url()),
                "query = \"sum(rate(orders_total[5s]))\"\nbelow = 1",
            ),
            None => (
                format!("[service.shop]\nmetrics = \"http://127.0.0.1:{port}/metrics\"\n"),
                "metric = \"orders_total\"\nrate-below = 1",
            ),
        };
        let text = format!(
            "{source}\n[service.shop.watch]\nwindow = \"{WINDOW}\"\ngrace = \"1s\"\ninterval = \"1s\"\nblind-after = \"10s\"\n\
             [service.shop.trigger]\n{triggers}\n[service.shop.business.orders]\n{orders}\nfor = \"5s\"\n{more}\n"
        );
        std::fs::create_dir_all(self.host.path("rules.d")).unwrap();
        std::fs::write(self.host.path("rules.d/judged.toml"), text).unwrap();
        let check = self.host.golive(&["check"]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    }

    /// Version 1 runs, is accepted, and was measured for a while.
    pub(super) fn baseline(&mut self, behaviour: &[&str]) {
        self.deploy("1", behaviour);
        self.host.start();
        self.host.eventually("version 1 is accepted and ready to go back to", || {
            let status = self.host.status();
            status["accepted"]["version"] == "1" && status["readiness"]["ready"] == true
        });
        if let Some(prometheus) = &self.prometheus {
            self.host.eventually("Prometheus has what a rate needs", || {
                prometheus.samples("http_requests_total") >= 2
            });
        }
        // As golive sees it, so long after the first look.
        std::thread::sleep(Duration::from_secs(7));
    }

    /// Another version, with customers as before and what is new in it; what is said last holds.
    pub(super) fn deploy(&self, version: &str, behaviour: &[&str]) {
        let all: Vec<&str> = BUSY.iter().chain(behaviour).copied().collect();
        self.host.deploy(version, &all);
    }

    /// Waits until version 2 is decided, shows what people were told, and gives `golive wait`'s exit code.
    pub(super) fn decided(&self) -> i32 {
        self.host.eventually("version 2 was seen", || {
            let status = self.host.status();
            status["release"]["version"] == "2" || self.releases().contains("2 ")
        });
        let wait = self.host.golive(&["wait", "shop", "--timeout", "90s"]);
        // For people who want to read what people are told.
        let story = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("judged-{}.txt", self.test));
        std::fs::write(story, self.told()).unwrap();
        wait.status.code().unwrap()
    }

    /// Version 2 is taken back, and whoever reads why finds these words.
    pub(super) fn rolled_back(&self, words: &[&str]) {
        assert_eq!(self.decided(), 10);
        self.host.assert_only("1");
        let done = || self.host.hook.posts("rollback-succeeded");
        self.host.eventually("people were told", || !done().is_empty());
        let data = &done()[0]["data"];
        assert_eq!(data["blame"], "release", "{data:#}");
        explained(data["reason"].as_str().unwrap(), words);
        explained(&self.explain(), words);
    }

    /// Version 2 stays, and is the one to go back to from now on.
    pub(super) fn accepted(&self) {
        assert_eq!(self.decided(), 0);
        self.host.assert_only("2");
        assert_eq!(self.host.status()["accepted"]["version"], "2");
        assert!(self.host.hook.posts("rollback-started").is_empty());
    }

    /// Version 2 stays, a person is asked, and finds these words wherever he looks.
    pub(super) fn held(&self, words: &[&str]) {
        assert_eq!(self.decided(), 11);
        self.host.assert_only("2");
        assert_eq!(self.host.phase(), "held");
        assert!(self.host.hook.posts("rollback-started").is_empty());
        let held = || self.host.hook.posts("decision-required");
        self.host.eventually("a person was asked", || !held().is_empty());
        let post = held().remove(0);
        explained(post["data"]["reason"].as_str().unwrap(), words);
        explained(&self.status(), words);
        explained(&self.explain(), words);
        let accept = self.host.golive(&["accept", "shop", "--force"]);
        assert!(accept.status.success(), "{accept:?}");
        self.host.eventually("the person's word holds", || self.host.status()["accepted"]["version"] == "2");
    }

    /// People were told whose fault it is.
    pub(super) fn not_to_blame(&self, words: &[&str]) {
        let posts = self.host.hook.posts("external-cause");
        let [post] = posts.as_slice() else { panic!("told {} times", posts.len()) };
        explained(post["data"]["reason"].as_str().unwrap(), words);
    }

    /// The service's part of `golive status`, in words.
    pub(super) fn status(&self) -> String {
        String::from_utf8(self.host.golive(&["status"]).stdout).unwrap()
    }

    pub(super) fn explain(&self) -> String {
        String::from_utf8(self.host.golive(&["explain", "shop"]).stdout).unwrap()
    }

    pub(super) fn releases(&self) -> String {
        String::from_utf8(self.host.golive(&["releases"]).stdout).unwrap()
    }

    /// What a trigger says now.
    pub(super) fn trigger(&self, name: &str) -> Value {
        let status = self.host.status();
        let triggers = status["triggers"].as_array().cloned().unwrap_or_default();
        triggers.into_iter().find(|trigger| trigger["name"] == name).unwrap_or(Value::Null)
    }

    pub(super) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        self.host.eventually_within(DECIDED, what, holds);
    }

    /// As people see it.
    pub(super) fn told(&self) -> String {
        let mut text =
            format!("===== {:?}\n{}\n----- explain\n{}", self.source, self.status(), self.explain());
        for mail in self.host.mail.mails() {
            let plain = mail.split("Content-Type: text/").nth(1).unwrap_or_default();
            let plain = plain.split_once("\n\n").map_or("", |(_, body)| body).replace("=\n", "");
            writeln!(text, "----- mail\n{}", plain.split("\n--").next().unwrap_or_default()).unwrap();
        }
        text
    }
}

/// A text has all of these words.
pub(super) fn explained(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in:\n{text}");
    }
}
