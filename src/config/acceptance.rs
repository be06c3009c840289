//! `[service.….acceptance.…]`

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::check::{Check, CheckKind};
use super::checks;
use super::checks::http::statuses;
use super::prometheus::Names;
use super::table::Section;
use super::triggers::OTHERWISE;
use crate::model::acceptance::Group;
use crate::model::policy::{Otherwise, Ppm};

pub mod load;

pub use load::Load;

/// What an item asks of a check by `url`, beside that it passes.
pub(super) const OF_AN_ADDRESS: [&str; 7] =
    ["times", "allow", "unauthenticated", "not-served", "secure-headers", "rate-limited", "load"];

/// Keys of all items together.
const COMMON: [&str; 2] = ["when", "on-fail"];

/// How often the answer is asked for, where its time counts.
const TIMES: u32 = 20;
/// No more often than this.
const TIMES_MAX: u32 = 1000;
/// A burst lasts no longer.
const BURST_MAX: Duration = Duration::from_mins(1);

/// Whether a release has to pass before it is accepted.
const WHEN: [(&str, bool); 2] = [("before-accept", true), ("on-demand", false)];

const GROUPS: [(&str, Group); 4] = [
    ("function", Group::Function),
    ("performance", Group::Performance),
    ("security", Group::Security),
    ("monitoring", Group::Monitoring),
];

const LISTS: [(&str, HeaderList); 2] = [("api", HeaderList::Api), ("web", HeaderList::Web)];

/// One thing that a release has to show before it is taken over (guide G3).
#[derive(Debug, Clone, PartialEq)]
pub struct Acceptance {
    /// Where it stands in the record.
    pub group: Group,
    /// What is looked at.
    pub check: Check,
    /// What more is asked.
    pub demand: Demand,
}

/// Limits that what the watch has measured of a release anyway is held against.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Where they stand in the record.
    pub group: Option<Group>,
    /// Of the health checks at least this part passed.
    pub availability: Option<f64>,
    /// 95 of a hundred requests took no longer, in seconds.
    pub p95: Option<f64>,
    /// Of the requests no more than this part failed.
    pub error_rate: Option<f64>,
    /// Of no resource of the host was more used, on average.
    pub resources: Option<f64>,
}

/// What an item asks of its check.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// That it passes.
    Passes,
    /// That of so many answers 95 of a hundred come within the time.
    Latency {
        /// So many.
        times: u32,
        /// In seconds; `None` where the time is only told.
        below: Option<f64>,
    },
    /// That none of these paths is answered with a page.
    NotServed(Vec<String>),
    /// That the answer's headers are as a list wants them.
    SecureHeaders(HeaderList),
    /// That who asks more often than so is refused.
    RateLimited {
        /// So many requests are allowed.
        after: u32,
        /// In so long.
        within: Duration,
    },
    /// That it bears a load.
    Load(Load),
}

/// A list of headers that browsers go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum HeaderList {
    /// For programs.
    Api,
    /// For pages.
    Web,
}

impl Acceptance {
    /// What kind of check it is.
    pub fn kind(&self) -> &'static str {
        if let Demand::Load(_) = self.demand { "load" } else { (&self.check.kind).into() }
    }
}

/// What a release has to show.
pub(super) struct Before {
    /// Looks, by name.
    pub(super) items: BTreeMap<String, Acceptance>,
    /// Limits for what the watch has measured, by name.
    pub(super) watched: BTreeMap<String, Limits>,
    /// What becomes of a release that falls short, where it has to pass before it is accepted.
    pub(super) on_fail: Option<Otherwise>,
}

pub(super) fn read(section: &mut Section<'_>, servers: &Names) -> Before {
    let (mut items, mut watched) = (BTreeMap::new(), BTreeMap::new());
    let mut table = section.table("acceptance");
    let before = table.word("when", &WHEN, true);
    let on_fail = table.word("on-fail", &OTHERWISE, Otherwise::Hold);
    table.others(&COMMON, |name, section| {
        if section.has("watch") {
            watched.insert(name.to_owned(), limits(section));
        } else {
            items.extend(item(section, servers).map(|item| (name.to_owned(), item)));
        }
    });
    table.end(&COMMON);
    let any = !items.is_empty() || !watched.is_empty();
    Before { items, watched, on_fail: (before && any).then_some(on_fail) }
}

/// `watch = { … }`
fn limits(mut section: Section<'_>) -> Limits {
    let group = section.optional_word("group", &GROUPS);
    let mut limits = Limits { group, ..Limits::default() };
    if let Some(mut table) = section.section("watch") {
        let mut ratio = |key| table.has(key).then(|| table.ratio(key, Ppm(0)).ratio());
        limits.availability = ratio("availability");
        limits.error_rate = ratio("error-rate");
        limits.resources = ratio("resources");
        limits.p95 = table.any_duration("p95").map(|limit| limit.as_secs_f64());
        if limits == (Limits { group, ..Limits::default() }) {
            table.wrong_here("has no limit", "write { p95 = \"500ms\", error-rate = \"1%\" }");
        }
        table.end(&[]);
    }
    section.end(&[]);
    limits
}

/// One item, whoever asks for it.
pub(super) fn item(mut section: Section<'_>, servers: &Names) -> Option<Acceptance> {
    if !section.has("url") {
        for key in section.given(&OF_AN_ADDRESS) {
            section.wrong_key(&[key], "is only for a check by `url`", "leave it out");
        }
    }
    let several = section.given(&OF_AN_ADDRESS[2..]);
    for key in several.iter().skip(1) {
        section.wrong_key(&[key], "is a second demand beside another", "give each item a table of its own");
    }
    let group = section.optional_word("group", &GROUPS);
    let timed = section.has("times") || section.has("max-latency");
    let times = section.count("times", TIMES, 1);
    if times > TIMES_MAX {
        section.wrong("times", "is more than 1000", "write fewer: 20 is the default");
    }
    let unauthenticated = section.has("unauthenticated").then(|| statuses(&mut section, "unauthenticated"));
    if unauthenticated.is_some() && section.has("status") {
        section.wrong_key(
            &["status"],
            "stands beside `unauthenticated`, which says the same",
            "leave it out",
        );
    }
    let paths = section.strings("not-served");
    if paths.iter().flatten().any(|path| !path.starts_with('/')) {
        section.wrong(
            "not-served",
            "has a path that does not begin with a slash",
            "write [\"/.env\", \"/.git/HEAD\"]",
        );
    }
    let list = section.optional_word("secure-headers", &LISTS);
    let (burst, load) = (burst(&mut section), load::read(&mut section));
    let mut check = checks::read(section, None, servers)?;
    let mut below = None;
    if let CheckKind::Http(http) = &mut check.kind {
        below = http.max_latency.take().map(|latency| latency.as_secs_f64());
        if let Some(unauthenticated) = &unauthenticated {
            http.status.clone_from(unauthenticated);
        }
    }
    let demand = match (paths, list, burst) {
        (Some(paths), ..) => Demand::NotServed(paths),
        (None, Some(list), _) => Demand::SecureHeaders(list),
        (None, None, Some((after, within))) => Demand::RateLimited { after, within },
        (None, None, None) => match load {
            Some(load) => Demand::Load(load),
            None if timed => Demand::Latency { times, below },
            None => Demand::Passes,
        },
    };
    let usual = usual(&check.kind, &demand, unauthenticated.is_some());
    Some(Acceptance { group: group.unwrap_or(usual), check, demand })
}

/// `rate-limited`, with the word that lets a burst go to another host.
fn burst(section: &mut Section<'_>) -> Option<(u32, Duration)> {
    let allowed = section.string("allow");
    let url = section.take("url").and_then(toml::Value::as_str).map(str::to_owned);
    let mut table = section.section("rate-limited")?;
    table.required(&["after", "within"], "write { after = 100, within = \"5s\" }");
    let (after, within) = (table.count("after", 1, 1), table.any_duration("within"));
    if after > TIMES_MAX {
        table.wrong("after", "is more than 1000", "a burst is no load run: write fewer");
    }
    if within.is_some_and(|within| within > BURST_MAX) {
        table.wrong("within", "is longer than a minute", "write \"5s\"");
    }
    table.end(&[]);
    let host = url.and_then(|url| reqwest::Url::parse(&url).ok()?.host_str().map(str::to_owned));
    let own = host.as_deref().is_none_or(|host| is_this_host(host) || allowed.as_deref() == Some(host));
    if !own {
        let host = host.unwrap_or_default();
        let hint = format!("write allow = \"{host}\" beside it, if {host} is yours");
        section.wrong_key(&["rate-limited"], "would send a burst of requests to another host", &hint);
    }
    Some((after, within?))
}

fn is_this_host(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The group of an item that names none.
fn usual(kind: &CheckKind, demand: &Demand, refused: bool) -> Group {
    match (demand, kind) {
        (Demand::NotServed(_) | Demand::SecureHeaders(_) | Demand::RateLimited { .. }, _)
        | (Demand::Passes, CheckKind::Tls(_)) => Group::Security,
        (Demand::Latency { .. } | Demand::Load(_), _) => Group::Performance,
        (Demand::Passes, CheckKind::Query(_) | CheckKind::Prometheus(_)) => Group::Monitoring,
        (Demand::Passes, _) if refused => Group::Security,
        (
            Demand::Passes,
            CheckKind::Http(_)
            | CheckKind::Tcp { .. }
            | CheckKind::Command { .. }
            | CheckKind::FileAge(_)
            | CheckKind::Report(_)
            | CheckKind::Logs(_)
            | CheckKind::Docker,
        ) => Group::Function,
    }
}
