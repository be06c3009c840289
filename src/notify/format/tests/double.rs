//! A platform's stand-in: it reads what was sent by the platform's own rules, and answers as the platform does.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::config::Url as Address;
use crate::notify::{Receipt, webhook};

/// What arrived.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) raw: String,
    pub(super) body: Value,
}

impl Sent {
    fn new(url: &Url, headers: BTreeMap<String, String>, raw: &[u8]) -> Self {
        let raw = String::from_utf8(raw.to_owned()).expect("a body is UTF-8");
        let body = serde_json::from_str(&raw).expect("a body is JSON");
        let query = url.query_pairs().into_owned().collect();
        let sent = Self { path: url.path().to_owned(), query, headers, raw, body };
        sent.shows_no_control();
        sent
    }

    pub(super) fn of(post: &Post) -> Self {
        let headers = post.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Self::new(&post.url, headers.collect(), post.body.as_bytes())
    }

    /// Whatever is shown to people is free of control characters but for line ends, and of turns of direction.
    fn shows_no_control(&self) {
        each_text(&self.body, &mut |text| {
            let bad = |c: char| {
                (c.is_control() && c != '\n')
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!text.contains(bad), "{text:?}");
        });
    }
}

fn each_text(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(values) => values.iter().for_each(|value| each_text(value, look)),
        Value::Object(fields) => fields.values().for_each(|value| each_text(value, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A platform's rules, and its words for yes and no.
#[derive(Clone, Copy)]
pub(super) struct Double {
    pub(super) check: fn(&Sent) -> Result<(), String>,
    pub(super) yes: (u16, &'static str),
    pub(super) no: u16,
}

impl Respond for Double {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let sent = Sent::new(&request.url, headers.collect(), &request.body);
        assert!(sent.headers["content-type"].starts_with("application/json"));
        match (self.check)(&sent) {
            Ok(()) => ResponseTemplate::new(self.yes.0).set_body_string(self.yes.1),
            Err(why) => ResponseTemplate::new(self.no).set_body_string(why),
        }
    }
}

/// Everything is taken by a platform that keeps its rules, over a real connection.
pub(super) async fn double(double: Double, format: WebhookFormat, path: &str) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::method("POST")).respond_with(double).mount(&server).await;
    for notice in notices() {
        let told = tell(&format!("{}{path}", server.uri()), &format, &notice).await;
        assert!(told.is_ok(), "{:?} {:?}: {told:?}", notice.news, notice.from);
    }
}

/// Tells one notice, with an address out of a file.
pub(super) async fn tell(url: &str, format: &WebhookFormat, notice: &Notice) -> Result<Receipt, Refusal> {
    tell_all(url, format.clone(), false, notice, None, None).await
}

/// Tells one notice in its incident's thread, with all that goes with it.
pub(super) async fn tell_all(
    url: &str,
    format: WebhookFormat,
    mention: bool,
    notice: &Notice,
    thread: Option<&str>,
    picture: Option<Vec<u8>>,
) -> Result<Receipt, Refusal> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (_file, secret) = secret(url);
    let channel = WebhookChannel {
        format,
        url: Address::Secret(secret),
        mention,
        access: crate::config::Access::default(),
    };
    let texts = Texts::new(Language::Chinese, Some(TimeZone::UTC));
    let people = people();
    let context = Context { thread, picture, ..context(&texts, &people) };
    let http = crate::outbound::Outlet::new(crate::config::Access::default());
    Ok(webhook::send(&http, &channel, notice, &context).await?.finish(&http, now()).await)
}

pub(super) fn secret(text: &str) -> (tempfile::NamedTempFile, Secret) {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(file.path(), text).unwrap();
    let secret = Secret::File(file.path().to_owned());
    (file, secret)
}

/// A rule of a platform.
pub(super) fn rule(kept: bool, what: &str) -> Result<(), String> {
    if kept { Ok(()) } else { Err(what.to_owned()) }
}

pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn count(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What `CommonMark` makes something of, once escapes and code are taken out.
pub(super) fn commonmark_means_nothing(text: &str) -> Result<(), String> {
    if text == super::markup_link() {
        return Ok(());
    }
    let mut rest = text.chars();
    let mut plain = String::new();
    if text.starts_with('`') && text.ends_with('`') && text.matches('`').count() == 2 {
        return Ok(());
    }
    while let Some(character) = rest.next() {
        if character == '\\' {
            // What is escaped stands for itself.
            rest.next();
            plain.push('0');
        } else {
            plain.push(character);
        }
    }
    let inside = plain.contains(['*', '_', '~', '`', '|', '[', ']', '<', '@']);
    let block = plain.lines().any(|line| line.trim_start().starts_with(['#', '>', '-', '+']));
    let emoji = plain.split(':').skip(1).any(|after| after.starts_with(char::is_alphabetic));
    rule(!inside && !block && !emoji, &format!("markup in {text}"))
}

/// What a reader of `CommonMark` sees of escaped words.
pub(super) fn unescaped(text: &str) -> String {
    let (mut seen, mut rest) = (String::new(), text.chars());
    while let Some(character) = rest.next() {
        seen.extend(if character == '\\' { rest.next() } else { Some(character) });
    }
    seen
}

/// Nothing in plain words that a client makes a link or a mention of.
pub(super) fn no_links(text: &str) -> Result<(), String> {
    let text = text.replace(&super::markup_link(), "");
    let lower = text.to_lowercase();
    rule(!lower.contains("://") && !lower.contains("www.e"), &format!("a link in {text}"))?;
    let mention =
        text.char_indices().any(|(at, c)| c == '@' && text[at + 1..].starts_with(char::is_alphanumeric));
    rule(!mention, &format!("a mention in {text}"))
}
