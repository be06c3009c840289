//! `webhook = { format = "…", … }`

use super::nearest::nearest;
use super::proxy::Usual;
use super::table::{Section, one_of};
use super::url::is_url;
use super::{Url, WebhookChannel, WebhookFormat, access, secret};

/// What a format wants to know.
struct Needs {
    format: &'static str,
    address: Address,
    /// Its other keys: those without which it makes no sense, and those that may be left out.
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

/// Where a format's address comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    /// `url` or `url-file`.
    Either,
    /// Whoever knows it can write there, so only `url-file`.
    Secret,
    /// `url`, unless it is the usual one.
    Usual(&'static str),
}

const fn needs(
    format: &'static str,
    address: Address,
    required: &'static [&'static str],
    optional: &'static [&'static str],
) -> Needs {
    Needs { format, address, required, optional }
}

const FORMATS: [Needs; 12] = [
    needs("standard", Address::Either, &[], &["secret-file"]),
    needs("slack", Address::Secret, &[], &["mention"]),
    needs("teams", Address::Secret, &[], &[]),
    needs("discord", Address::Secret, &[], &["mention"]),
    needs("mattermost", Address::Secret, &[], &["mention"]),
    needs("telegram", Address::Usual("https://api.telegram.org"), &["chat-id", "token-file"], &["topic-id"]),
    needs("feishu", Address::Secret, &[], &["secret-file", "mention"]),
    needs("dingtalk", Address::Secret, &[], &["secret-file", "mention"]),
    needs("wecom", Address::Secret, &[], &["mention"]),
    needs("pagerduty", Address::Usual("https://events.pagerduty.com"), &["routing-key-file"], &[]),
    needs("ntfy", Address::Either, &[], &["token-file"]),
    needs("alertmanager", Address::Either, &[], &["token-file"]),
];

/// Every key that only some formats have.
const SOME: [&str; 6] = ["secret-file", "chat-id", "topic-id", "token-file", "routing-key-file", "mention"];

pub(super) fn read(mut section: Section<'_>, usual: Usual<'_>) -> Option<WebhookChannel> {
    let needs = format(&mut section)?;
    let url = address(&mut section, needs);
    let secret = secret::named(&mut section, "secret-file", "secret");
    let token = secret::named(&mut section, "token-file", "token");
    let routing_key = secret::named(&mut section, "routing-key-file", "routing-key");
    let mention = mention(&mut section);
    let telegram = needs.format == "telegram";
    let (chat, topic) = (chat(&mut section, telegram), topic(&mut section, telegram));
    for key in SOME {
        if section.has(key) && !needs.required.contains(&key) && !needs.optional.contains(&key) {
            let message = format!("is nothing that the format \"{}\" can use", needs.format);
            section.wrong_key(&[key], message, "leave it out");
        }
    }
    for key in needs.required {
        if section.has(key) {
            continue;
        }
        let hint = match *key {
            "chat-id" => "add chat-id = \"-1001234567890\"".to_owned(),
            key => format!("add {key} = \"credential:NAME\""),
        };
        let hint = hint.as_str();
        section.missing(format!("has no `{key}`, which the format \"{}\" needs", needs.format), hint);
    }
    let access = access::read(&mut section, &access::WEBHOOK, usual);
    if access.login.is_some() && section.has("token-file") {
        let message = "is a second way to log in beside `token-file`";
        let key = if section.has("username") { "username" } else { "bearer-token-file" };
        section.wrong_key(&[key], message, "keep one of them");
    }
    section.end(&[]);
    let format = match needs.format {
        "slack" => WebhookFormat::Slack,
        "teams" => WebhookFormat::Teams,
        "discord" => WebhookFormat::Discord,
        "mattermost" => WebhookFormat::Mattermost,
        "telegram" => WebhookFormat::Telegram { chat: chat?, topic, token: token? },
        "feishu" => WebhookFormat::Feishu { secret },
        "dingtalk" => WebhookFormat::Dingtalk { secret },
        "wecom" => WebhookFormat::Wecom,
        "pagerduty" => WebhookFormat::Pagerduty { routing_key: routing_key? },
        "ntfy" => WebhookFormat::Ntfy { token },
        "alertmanager" => WebhookFormat::Alertmanager { token },
        _ => WebhookFormat::Standard { secret },
    };
    Some(WebhookChannel { format, url: url?, mention, access })
}

fn format(section: &mut Section<'_>) -> Option<&'static Needs> {
    let Some(name) = section.string("format") else { return FORMATS.first() };
    let found = FORMATS.iter().find(|needs| needs.format == name);
    if found.is_none() {
        let known = FORMATS.iter().map(|needs| needs.format);
        let hint = match nearest(&name, known.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write one of {}", one_of(known)),
        };
        section.wrong("format", format!("\"{name}\" is not a format"), &hint);
    }
    found
}

fn address(section: &mut Section<'_>, needs: &Needs) -> Option<Url> {
    let open = section.string("url");
    let hidden = secret::named(section, "url-file", "");
    let (has_open, has_hidden) = (section.has("url"), section.has("url-file"));
    if has_open && needs.address == Address::Secret {
        let hint = "put it into a file and write url-file = \"/path\" or url-file = \"credential:NAME\"";
        section.wrong_key(&["url"], "is a secret here: whoever knows it can write to the chat", hint);
        return None;
    }
    if let Some(url) = &open
        && let Err(why) = is_url(url).and_then(|()| fits(url, needs.format))
    {
        section.wrong("url", why, "write \"https://HOST/PATH\", or url-file when it is secret");
    }
    match (needs.address, has_open, has_hidden) {
        (Address::Usual(_), _, true) => {
            section.wrong_key(&["url-file"], "is not needed: the address is no secret here", "leave it out");
        }
        (_, true, true) => {
            section.wrong_key(&["url-file"], "is a second address beside `url`", "keep one of them");
        }
        (Address::Secret, false, false) => {
            section.missing("has no `url-file`", "add url-file = \"credential:NAME\"");
        }
        (Address::Either, false, false) => {
            let hint = "add url = \"https://…\" or url-file = \"credential:NAME\"";
            section.missing("has no `url`", hint);
        }
        _ => {}
    }
    let usual = match needs.address {
        Address::Usual(url) if !has_open => Some(Url::Open(url.to_owned())),
        Address::Usual(_) | Address::Either | Address::Secret => None,
    };
    open.map(Url::Open).or(hidden.map(Url::Secret)).or(usual)
}

fn fits(url: &str, format: &str) -> Result<(), String> {
    let Ok(url) = reqwest::Url::parse(url) else { return Ok(()) };
    if url.password().is_some() {
        return Err("holds a password".to_owned());
    }
    let topic = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if format == "ntfy" && (topic.is_empty() || topic.len() > 64 || !topic.bytes().all(letters)) {
        return Err("does not end in a topic".to_owned());
    }
    Ok(())
}

/// Whether everybody in the chat is called.
fn mention(section: &mut Section<'_>) -> bool {
    let Some(whom) = section.string("mention") else { return false };
    if whom != "all" {
        section.wrong(
            "mention",
            format!("\"{whom}\" is nobody whom golive can call"),
            "write \"all\", or leave it out",
        );
    }
    whom == "all"
}

/// A number, or the `@name` of a public channel. Numbers are texts in JSON.
fn chat(section: &mut Section<'_>, used: bool) -> Option<String> {
    const HINT: &str = "write chat-id = \"-1001234567890\", or \"@name\" for a public channel";
    let number = section.take("chat-id").filter(|_| used)?.as_integer().map(|number| number.to_string());
    let text = number.or_else(|| section.string("chat-id"))?;
    let named = text.strip_prefix('@').is_some_and(|name| !name.is_empty());
    if !named && text.parse::<i64>().is_err() {
        section.wrong("chat-id", "is not the id of a chat", HINT);
        return None;
    }
    Some(text)
}

fn topic(section: &mut Section<'_>, used: bool) -> Option<u32> {
    let value = section.take("topic-id").filter(|_| used)?;
    let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
    if number.is_none() {
        section.wrong("topic-id", "is not the number of a topic", "write topic-id = 5, say");
    }
    number
}
