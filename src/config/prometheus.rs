//! `[prometheus]`, and `[prometheus.…]` where there are several.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::checks::is_url;
use super::proxy::Usual;
use super::table::{Section, one_of};
use super::{Prometheus, Proxy, access};

/// The tables of a server that are none by themselves.
const TABLES: [&str; 2] = ["headers", "proxy"];

/// The names by which each Prometheus can be asked; that of `[prometheus]` itself is empty.
#[derive(Debug, Clone)]
pub(super) struct Names(BTreeSet<String>);

/// Each Prometheus that is asked, and the names of all that are written, be they right or wrong.
pub(super) fn read(root: &mut Section<'_>, proxy: Option<&Proxy>) -> (BTreeMap<String, Prometheus>, Names) {
    let (mut servers, mut names) = (BTreeMap::new(), Names(BTreeSet::new()));
    let written = root.has("prometheus");
    let Some(mut section) = root.section("prometheus") else {
        names.0.extend(written.then(String::new));
        return (servers, names);
    };
    section.others(&TABLES, |name, section| {
        names.0.insert(name.to_owned());
        servers.extend(one(section, proxy).map(|server| (name.to_owned(), server)));
    });
    if names.0.is_empty() || section.is_more_than(names.0.len()) {
        names.0.insert(String::new());
        servers.extend(one(section, proxy).map(|server| (String::new(), server)));
    }
    (servers, names)
}

/// One of them; `None` when it cannot be made sense of, which is told.
fn one(mut section: Section<'_>, proxy: Option<&Proxy>) -> Option<Prometheus> {
    let url = section.string("url");
    if let Some(Err(why)) = url.as_deref().map(|url| is_url(url).and_then(|()| is_base(url))) {
        section.wrong("url", why, "write \"http://127.0.0.1:9090\", with a path if it is behind one");
    }
    let timeout = section.duration_within("timeout", Duration::from_secs(5), ("100ms", "1m"));
    // It is near as a rule: a proxy that leads out of the house does not lead there.
    let usual = Usual { proxy, unasked: false };
    let access = access::read(&mut section, &access::PROMETHEUS, usual);
    section.required(&["url"], "add url = \"http://127.0.0.1:9090\"");
    section.end(&[]);
    Some(Prometheus { url: url?, timeout, access })
}

impl Names {
    /// Whether there is a Prometheus at all.
    pub(super) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The one that is asked where none is named: that of `[prometheus]` itself, or the only one.
    pub(super) fn usual(&self) -> Option<&str> {
        match self.0.len() {
            1 => self.0.first().map(String::as_str),
            _ => self.0.get("").map(String::as_str),
        }
    }

    /// The one that a table names with `prometheus`. A wrong name is told.
    pub(super) fn named(&self, section: &mut Section<'_>) -> Option<String> {
        let name = section.string("prometheus")?;
        if name.is_empty() || !self.0.contains(&name) {
            let hint = match self.0.iter().filter(|name| !name.is_empty()).count() {
                0 => format!("add [prometheus.{name}] with its url"),
                _ => format!("there are {}", one_of(self.0.iter().filter(|name| !name.is_empty()))),
            };
            section.missing_in(&["prometheus"], format!("there is no [prometheus.{name}]"), &hint);
        }
        Some(name)
    }
}

/// Whether the API's paths can be put behind a URL. The text itself may hold a password and is not repeated.
fn is_base(url: &str) -> Result<(), String> {
    let Ok(url) = reqwest::Url::parse(url) else { return Ok(()) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password: write `username` and `password-file`".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has more than a host, a port and a path".to_owned());
    }
    Ok(())
}
