//! `[service.….health.…]`

use std::collections::BTreeMap;
use std::time::Duration;

use toml::Value;

use super::table::Section;
use super::{Check, CheckKind, HttpCheck, headers, tls};

/// Kinds of check that later versions know.
const LATER: [&str; 2] = ["tls", "file-age"];

/// What only a check by `url` has.
const HTTP_ONLY: [&str; 9] = [
    "method",
    "header",
    "headers",
    "status",
    "body-contains",
    "json",
    "max-latency",
    "ca-file",
    "keep-alive",
];

/// One check; `None` when it cannot be made sense of, which is told. `without_docker` says why it may not be `docker`.
pub(super) fn read(mut section: Section<'_>, without_docker: Option<&str>) -> Option<Check> {
    const KINDS: [&str; 4] = ["url", "tcp", "command", "docker"];
    let timeout = section.duration("timeout", Duration::from_secs(2));
    match section.given(&KINDS).as_slice() {
        [] if section.given(&LATER).is_empty() => {
            let kinds = if without_docker.is_some() { "tcp or command" } else { "tcp, command or docker" };
            section.missing("does not say what to check", &format!("add url = \"http://…\", {kinds}"));
        }
        [] | [_] => {}
        [_, more @ ..] => {
            for kind in more {
                let hint = "give each check a table of its own";
                section.wrong_key(&[kind], "is a second kind of check beside another", hint);
            }
        }
    }
    let tcp = section.string("tcp");
    if tcp.as_ref().is_some_and(|address| !is_host_and_port(address)) {
        section.wrong(
            "tcp",
            "is not an address",
            "write \"HOST:PORT\", e.g. \"127.0.0.1:5432\" or \"[::1]:5432\"",
        );
    }
    let command = section.argv("command");
    let docker = section.boolean("docker");
    if let Some(why) = without_docker.filter(|_| docker.is_some()) {
        section.wrong_key(&["docker"], why, "use url, tcp or command");
    } else if docker == Some(false) {
        section.wrong(
            "docker",
            "is false, so nothing is checked",
            "write docker = true, or leave the table out",
        );
    }
    let http = http(&mut section, timeout);
    section.end(&LATER);
    let kind = http
        .map(CheckKind::Http)
        .or(tcp.map(|address| CheckKind::Tcp { address }))
        .or(command.map(|argv| CheckKind::Command { argv }))
        .or(docker.map(|_| CheckKind::Docker))?;
    Some(Check { timeout, kind })
}

fn http(section: &mut Section<'_>, timeout: Duration) -> Option<HttpCheck> {
    let url = section.string("url");
    if let Some(url) = &url
        && let Err(why) = is_url(url)
    {
        section.wrong("url", why, "write \"http://HOST:PORT/PATH\" or \"https://…\"");
    }
    if !section.has("url") {
        for key in section.given(&HTTP_ONLY) {
            section.wrong_key(&[key], "is only for a check by `url`", "leave it out");
        }
    }
    let method = section.string("method").unwrap_or_else(|| "GET".to_owned());
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        section.wrong("method", format!("\"{method}\" is not an HTTP method"), "write \"GET\" or \"HEAD\"");
    }
    let status = statuses(section);
    let headers = sent(section);
    let body_contains = section.string("body-contains");
    let json =
        section.pairs("json", "write { \"/status\" = \"ok\" }, with JSON pointers (RFC 6901)", json_value);
    let max_latency = section.optional_duration("max-latency");
    if max_latency.is_some_and(|latency| latency > timeout) {
        let hint = "make `timeout` at least as long (2s unless set)";
        section.wrong("max-latency", "is longer than `timeout`, after which the check fails anyway", hint);
    }
    let (ca_file, keep_alive) = (tls::ca_file(section), section.boolean("keep-alive"));
    Some(HttpCheck {
        url: url?,
        method,
        headers,
        status,
        body_contains,
        json,
        max_latency,
        ca_file,
        keep_alive,
    })
}

/// `headers`, or `header` for those who think of one.
fn sent(section: &mut Section<'_>) -> BTreeMap<String, String> {
    let mut headers = section.pairs("headers", headers::HINT, headers::value);
    headers.extend(section.pairs("header", headers::HINT, headers::value));
    if section.has("headers") && section.has("header") {
        section.wrong_key(&["header"], "stands beside `headers`, which is the same", "keep one of them");
    }
    headers
}

fn json_value(pointer: &str, value: &Value) -> Result<serde_json::Value, String> {
    let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if !pointer.starts_with('/') || !escapes {
        return Err("is not a JSON pointer".to_owned());
    }
    serde_json::to_value(value).map_err(|_| "is no value that JSON knows".to_owned())
}

fn statuses(section: &mut Section<'_>) -> Vec<u16> {
    const HINT: &str = "write [200] or [200, 204]: codes from 100 to 599";
    let default = vec![200];
    let Some(value) = section.take("status") else { return default };
    let one = |value: &Value| {
        let status = value.as_integer().and_then(|status| u16::try_from(status).ok());
        status.filter(|status| (100..600).contains(status))
    };
    if let Some(status) = one(value) {
        return vec![status];
    }
    let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
        section.wrong("status", "is not a list of HTTP status codes", HINT);
        return default;
    };
    for (index, _) in items.iter().enumerate().filter(|(_, item)| one(item).is_none()) {
        section.wrong_in(&["status", &index.to_string()], "is not an HTTP status code", HINT);
    }
    items.iter().filter_map(one).collect()
}

/// Whether a text is the URL of something that speaks HTTP. The text itself may hold secrets and is not repeated.
pub(super) fn is_url(text: &str) -> Result<(), String> {
    match reqwest::Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Err(format!("\"{}\" is not http or https", url.scheme()))
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => Err("has no host".to_owned()),
        Ok(url) if url.port() == Some(0) => Err("has no port that can be reached".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("is not a URL: {error}")),
    }
}

fn is_host_and_port(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match bracketed {
        Some(host) => host.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        }
    };
    host && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}
