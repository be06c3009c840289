//! Whether the headers of an answer are as a list wants them. What is wrong is named, with what was seen; there is no mark.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Found, Verdict};
use crate::config::acceptance::HeaderList;
use crate::config::{Check, CheckKind};
use crate::probe::{Head, Probe};
use crate::untrusted::escaped;

/// What is quoted of a header.
const QUOTED: usize = 80;

/// The list, with its date.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct List {
    as_of: String,
    hsts_at_least: u64,
    remove: Vec<String>,
}

static LIST: LazyLock<List> =
    LazyLock::new(|| toml::from_str(include_str!("headers.toml")).expect("a test reads it"));

pub(super) async fn judged(probe: &Probe, list: HeaderList, check: &Check) -> Found {
    let head = match probe.head().await {
        Ok(head) => head,
        Err(outcome) => return Found::of(outcome),
    };
    let secure = matches!(&check.kind, CheckKind::Http(http) if http.url.starts_with("https:"));
    let wrong = wrong(&head, list, secure);
    let (list, as_of): (&str, _) = (list.into(), &LIST.as_of);
    if wrong.is_empty() {
        return Found::new(Verdict::Pass, format!("as the list for {list} of {as_of} wants them"));
    }
    Found::new(Verdict::Fail, wrong.join("; "))
}

/// What is not as it should be, a few words each.
fn wrong(head: &Head, list: HeaderList, secure: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    if secure {
        wrong.extend(transport(head));
    }
    if !value(head, "x-content-type-options").is_some_and(|value| value.eq_ignore_ascii_case("nosniff")) {
        wrong.push(not(head, "x-content-type-options", "nosniff"));
    }
    let any = value(head, "access-control-allow-origin") == Some("*");
    if any && value(head, "access-control-allow-credentials") == Some("true") {
        wrong.push(
            "access-control-allow-origin is * and credentials are allowed: every site may act for a user"
                .to_owned(),
        );
    }
    wrong.extend(told(head));
    if list == HeaderList::Web {
        wrong.extend(page(head, secure));
    }
    wrong
}

/// RFC 6797.
fn transport(head: &Head) -> Option<String> {
    let least = LIST.hsts_at_least;
    let directives = |value: &str| value.to_ascii_lowercase().replace('"', "");
    let age = value(head, "strict-transport-security").map(directives).and_then(|value| {
        value.split(';').find_map(|part| part.trim().strip_prefix("max-age=")?.trim().parse::<u64>().ok())
    });
    age.is_none_or(|age| age < least)
        .then(|| not(head, "strict-transport-security", &format!("max-age={least} or more")))
}

/// What the service says it is made of.
fn told(head: &Head) -> Vec<String> {
    let version = |value: &str| value.bytes().any(|byte| byte.is_ascii_digit());
    let server = value(head, "server").filter(|value| version(value));
    let server = server.map(|value| format!("server tells a version: {}", escaped(value, QUOTED)));
    let others = LIST.remove.iter().filter_map(|name| {
        let value = value(head, name)?;
        Some(format!("{name} tells what it is made of: {}", escaped(value, QUOTED)))
    });
    server.into_iter().chain(others).collect()
}

/// What pages need besides.
fn page(head: &Head, secure: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let policy = value(head, "content-security-policy").map(str::to_ascii_lowercase);
    let directive = |name: &str| {
        let policy = policy.as_deref()?;
        policy.split(';').find_map(|part| part.trim().strip_prefix(name)).map(str::to_owned)
    };
    match directive("script-src ").or_else(|| directive("default-src ")) {
        None => wrong.push(not(head, "content-security-policy", "one with script-src or default-src")),
        Some(scripts)
            if scripts.contains("'unsafe-inline'")
                && !scripts.contains("'nonce-")
                && !scripts.contains("'sha") =>
        {
            wrong.push(
                "content-security-policy lets scripts be written into the page ('unsafe-inline')".to_owned(),
            );
        }
        Some(_) => {}
    }
    if directive("frame-ancestors ").is_none() && value(head, "x-frame-options").is_none() {
        wrong.push(
            "neither frame-ancestors nor x-frame-options: other sites may show it within theirs".to_owned(),
        );
    }
    if value(head, "referrer-policy").is_none_or(|value| value.to_ascii_lowercase().contains("unsafe-url")) {
        wrong.push(not(head, "referrer-policy", "strict-origin-when-cross-origin or stricter"));
    }
    for (name, cookie) in head.headers.iter().filter(|(name, _)| name == "set-cookie") {
        let flags = cookie.to_ascii_lowercase();
        let flag = |flag: &str| flags.split(';').skip(1).any(|part| part.trim().starts_with(flag));
        let missing: Vec<&str> = [
            ("secure", secure && !flag("secure")),
            ("httponly", !flag("httponly")),
            ("samesite", !flag("samesite")),
        ]
        .into_iter()
        .filter_map(|(flag, missing)| missing.then_some(flag))
        .collect();
        let cookie = cookie.split('=').next().unwrap_or_default();
        if !missing.is_empty() {
            wrong.push(format!("{name} {} lacks {}", escaped(cookie, QUOTED), missing.join(", ")));
        }
    }
    wrong
}

fn value<'a>(head: &'a Head, name: &str) -> Option<&'a str> {
    head.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim())
}

fn not(head: &Head, name: &str, wanted: &str) -> String {
    match value(head, name) {
        Some(value) => format!("{name} is {}, wanted {wanted}", escaped(value, QUOTED)),
        None => format!("no {name}, wanted {wanted}"),
    }
}

#[cfg(test)]
mod tests;
