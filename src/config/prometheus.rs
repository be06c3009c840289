//! `[prometheus]`, and `[prometheus.…]` where there are several.

use std::collections::BTreeMap;
use std::time::Duration;

use super::proxy::Usual;
use super::table::{Section, one_of};
use super::url::is_url;
use super::{Prometheus, Proxy, access};

/// The tables of a server that are none by themselves.
const TABLES: [&str; 2] = ["headers", "proxy"];

/// Each Prometheus by the name that it can be asked by; that of `[prometheus]` itself is empty. Of what cannot be made sense
/// of there is the name alone, so that nobody is told to add it.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, Option<Prometheus>>);

/// Each Prometheus that is written, be it right or wrong.
pub(super) fn read(root: &mut Section<'_>, proxy: Option<&Proxy>) -> Names {
    let mut names = Names::default();
    let written = root.has("prometheus");
    let Some(mut section) = root.section("prometheus") else {
        names.0.extend(written.then(|| (String::new(), None)));
        return names;
    };
    section.others(&TABLES, |name, section| {
        names.0.insert(name.to_owned(), one(section, proxy));
    });
    if names.0.is_empty() || section.is_more_than(names.0.len()) {
        names.0.insert(String::new(), one(section, proxy));
    }
    names
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
    /// Those that can be made sense of.
    pub(super) fn servers(&self) -> BTreeMap<String, Prometheus> {
        let known = self.0.iter().filter_map(|(name, server)| Some((name.clone(), server.clone()?)));
        known.collect()
    }

    /// The one of a name.
    pub(super) fn server(&self, name: &str) -> Option<Prometheus> {
        self.0.get(name)?.clone()
    }

    /// Whether there is a Prometheus at all.
    pub(super) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The one that is asked where none is named: that of `[prometheus]` itself, or the only one.
    pub(super) fn usual(&self) -> Option<&str> {
        match self.0.len() {
            1 => self.0.first_key_value().map(|(name, _)| name.as_str()),
            _ => self.0.get_key_value("").map(|(name, _)| name.as_str()),
        }
    }

    /// The one that a table names with `prometheus`. A wrong name is told.
    pub(super) fn named(&self, section: &mut Section<'_>) -> Option<String> {
        self.by_key(section, "prometheus")
    }

    /// The same by another key.
    pub(super) fn by_key(&self, section: &mut Section<'_>, key: &'static str) -> Option<String> {
        let name = section.string(key)?;
        if name.is_empty() || !self.0.contains_key(&name) {
            let named = || self.0.keys().filter(|name| !name.is_empty());
            let hint = match named().count() {
                0 => format!("add [prometheus.{name}] with its url"),
                _ => format!("there are {}", one_of(named())),
            };
            section.missing_in(&[key], format!("there is no [prometheus.{name}]"), &hint);
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
