//! A check by `url`.

use std::time::Duration;

use reqwest::header::HeaderName;
use toml::Value;

use crate::config::check::{HttpCheck, Wanted};
use crate::config::table::Section;
use crate::config::url::is_url;
use crate::config::{headers, tls};

/// What only a check by `url` has.
const HTTP_ONLY: [&str; 9] = [
    "method",
    "send-headers",
    "headers",
    "status",
    "body-contains",
    "json",
    "max-latency",
    "ca-file",
    "keep-alive",
];

const WANTED: &str = "write { name = \"value\" }, \"*\" for any value, false for none";

/// What a check by `url` asks, and what it wants to be answered.
pub(super) fn read(section: &mut Section<'_>, timeout: Duration) -> Option<HttpCheck> {
    let url = section.string("url");
    if let Some(url) = &url
        && let Err(why) = is_url(url)
    {
        section.wrong("url", why, "write \"http://HOST:PORT/PATH\" or \"https://…\"");
    }
    if !section.has("url") {
        let own = if section.has("tls") { "ca-file" } else { "" };
        for key in section.given(&HTTP_ONLY).into_iter().filter(|key| *key != own) {
            section.wrong_key(&[key], "is only for a check by `url`", "leave it out");
        }
    }
    let method = section.string("method").unwrap_or_else(|| "GET".to_owned());
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        section.wrong("method", format!("\"{method}\" is not an HTTP method"), "write \"GET\" or \"HEAD\"");
    }
    let status = statuses(section, "status");
    let send_headers = section.pairs("send-headers", headers::HINT, headers::value);
    let headers = section.pairs("headers", WANTED, wanted);
    let body_contains = section.string("body-contains");
    let json =
        section.pairs("json", "write { \"/status\" = \"ok\" }, with JSON pointers (RFC 6901)", json_value);
    let max_latency = section.optional_duration("max-latency");
    if max_latency.is_some_and(|latency| latency > timeout) {
        let hint = "make `timeout` at least as long (2s unless set)";
        section.wrong("max-latency", "is longer than `timeout`, after which the check fails anyway", hint);
    }
    let ca_file = if section.has("tls") { None } else { tls::ca_file(section) };
    let keep_alive = section.boolean("keep-alive");
    Some(HttpCheck {
        url: url?,
        method,
        send_headers,
        status,
        body_contains,
        headers: headers.into_iter().map(|(name, wanted)| (name.to_ascii_lowercase(), wanted)).collect(),
        json,
        max_latency,
        ca_file,
        keep_alive,
    })
}

fn wanted(name: &str, value: &Value) -> Result<Wanted, String> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| "is not the name of a header")?;
    match value {
        Value::String(any) if any == "*" => Ok(Wanted::Present),
        Value::String(text) => Ok(Wanted::Equal(text.clone())),
        Value::Boolean(there) => Ok(if *there { Wanted::Present } else { Wanted::Absent }),
        Value::Integer(_) | Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            Err("is neither a text nor true nor false".to_owned())
        }
    }
}

fn json_value(pointer: &str, value: &Value) -> Result<serde_json::Value, String> {
    let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if !pointer.starts_with('/') || !escapes {
        return Err("is not a JSON pointer".to_owned());
    }
    serde_json::to_value(value).map_err(|_| "is no value that JSON knows".to_owned())
}

/// Codes that an answer may have.
pub(in crate::config) fn statuses(section: &mut Section<'_>, key: &'static str) -> Vec<u16> {
    const HINT: &str = "write [200] or [200, 204]: codes from 100 to 599";
    let default = vec![200];
    let Some(value) = section.take(key) else { return default };
    let one = |value: &Value| {
        let status = value.as_integer().and_then(|status| u16::try_from(status).ok());
        status.filter(|status| (100..600).contains(status))
    };
    if let Some(status) = one(value) {
        return vec![status];
    }
    let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
        section.wrong(key, "is not a list of HTTP status codes", HINT);
        return default;
    };
    for (index, _) in items.iter().enumerate().filter(|(_, item)| one(item).is_none()) {
        section.wrong_in(&[key, &index.to_string()], "is not an HTTP status code", HINT);
    }
    items.iter().filter_map(one).collect()
}
