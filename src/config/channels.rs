//! `[channel.…]` and `[alert.…]`

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::secret::Secret;
use super::table::Section;
use super::{Channel, EmailChannel, Smtp, SmtpTls, Url, WebhookChannel, WebhookFormat};
use crate::decide::action::Tier;
use crate::decide::policy::TierPolicy;

const LATER_FORMATS: [&str; 11] = [
    "slack",
    "teams",
    "discord",
    "mattermost",
    "telegram",
    "feishu",
    "dingtalk",
    "wecom",
    "pagerduty",
    "ntfy",
    "alertmanager",
];

/// One channel; `None` when it cannot be made sense of, which is said.
pub(super) fn read(mut section: Section<'_>) -> Option<Channel> {
    match (section.has("email"), section.has("webhook")) {
        (false, false) => section.wrong_here("is neither `email` nor `webhook`", "add one of them"),
        (true, true) => {
            section.wrong("webhook", "is a second kind beside `email`", "give each a channel of its own");
        }
        (true, false) | (false, true) => {}
    }
    let email = section.section("email").map(email);
    let webhook = section.section("webhook").map(webhook);
    section.end(&["language", "quiet", "template"]);
    email.flatten().map(Channel::Email).or(webhook.flatten().map(Channel::Webhook))
}

/// How each tier is told. Without any `[alert.…]`, every channel gets everything.
pub(super) fn tiers(root: &mut Section<'_>, channels: &[String]) -> BTreeMap<Tier, TierPolicy> {
    let all = [("urgent", Tier::Urgent), ("important", Tier::Important), ("general", Tier::General)];
    let everything = || TierPolicy { channels: channels.to_vec(), repeat: None };
    let Some(mut alert) = root.section("alert") else {
        return all.into_iter().map(|(_, tier)| (tier, everything())).collect();
    };
    let mut tiers = BTreeMap::new();
    for (name, tier) in all {
        let policy = alert.section(name).map(|mut section| {
            let named = section.strings("channels").unwrap_or_default();
            for channel in named.iter().filter(|channel| !channels.contains(channel)) {
                let known =
                    if channels.is_empty() { "there are none".to_owned() } else { channels.join(", ") };
                section.wrong(
                    "channels",
                    format!("there is no channel \"{channel}\""),
                    &format!("channels: {known}"),
                );
            }
            let repeat = section.optional_duration("repeat");
            if repeat.is_some_and(|repeat| repeat < std::time::Duration::from_mins(1)) {
                section.wrong("repeat", "is shorter than a minute", "write \"15m\", say");
            }
            section.end(&["escalate", "digest", "quiet"]);
            TierPolicy { channels: named, repeat }
        });
        tiers.insert(tier, policy.unwrap_or_default());
    }
    alert.end(&[]);
    tiers
}

fn email(mut section: Section<'_>) -> Option<EmailChannel> {
    let to = section.strings("to");
    for address in to.iter().flatten() {
        if !is_address(address) {
            section.wrong(
                "to",
                format!("\"{address}\" is not a mail address"),
                "write [\"name@example.com\"]",
            );
        }
    }
    let from = section.string("from");
    if let Some(from) = &from
        && !is_address(from)
    {
        section.wrong("from", format!("\"{from}\" is not a mail address"), "write \"golive@example.com\"");
    }
    let smtp = section.string("smtp").and_then(|url| match smtp(&url) {
        Ok(smtp) => Some(smtp),
        Err(why) => {
            section.wrong("smtp", why, "write \"smtps://HOST\" or \"smtp://HOST\", with :PORT if need be");
            None
        }
    });
    let username = section.string("username");
    let password = secret(&mut section, "password-file", "password");
    let ca_file = section.string("ca-file").map(PathBuf::from);
    if username.is_some() != password.is_some() && (username.is_some() || section.has("password-file")) {
        let hint = "give both `username` and `password-file`, or neither";
        section.wrong_here("has only one of `username` and `password-file`", hint);
    }
    for key in ["to", "from", "smtp"] {
        if !section.has(key) {
            section.wrong_here(format!("has no `{key}`"), "a mail channel needs `to`, `from` and `smtp`");
        }
    }
    section.end(&["password", "xoauth2", "fallback"]);
    Some(EmailChannel { to: to?, from: from?, smtp: smtp?, username, password, ca_file })
}

fn webhook(mut section: Section<'_>) -> Option<WebhookChannel> {
    if let Some(format) = section.string("format")
        && format != "standard"
    {
        if LATER_FORMATS.contains(&format.as_str()) {
            section.wrong(
                "format",
                format!("\"{format}\" is not supported by this version of golive"),
                "write \"standard\"",
            );
        } else {
            section.wrong("format", format!("\"{format}\" is not a format"), "write \"standard\"");
        }
    }
    let open = section.string("url");
    if let Some(url) = &open
        && let Err(why) = super::is_url(url)
    {
        section.wrong("url", why, "write \"https://HOST/PATH\"");
    }
    let hidden = secret(&mut section, "url-file", "");
    let url = match (open, hidden) {
        (Some(_), Some(_)) => {
            section.wrong("url-file", "is a second address beside `url`", "keep one of them");
            None
        }
        (Some(url), None) => Some(Url::Open(url)),
        (None, Some(secret)) => Some(Url::Secret(secret)),
        (None, None) => {
            if !section.has("url") && !section.has("url-file") {
                section
                    .wrong_here("has no `url`", "add url = \"https://…\" or url-file = \"credential:NAME\"");
            }
            None
        }
    };
    let signing = secret(&mut section, "secret-file", "secret");
    section.end(&["secret"]);
    Some(WebhookChannel { format: WebhookFormat::Standard, url: url?, secret: signing })
}

/// A secret by file or credential. The secret itself written inline is refused.
fn secret(section: &mut Section<'_>, key: &'static str, inline: &'static str) -> Option<Secret> {
    if !inline.is_empty() && section.has(inline) {
        section.take(inline);
        let hint = format!("put it into a file and write {key} = \"/path\" or {key} = \"credential:NAME\"");
        section.wrong(inline, "is a secret, which does not belong in here", &hint);
    }
    let text = section.string(key)?;
    if let Some(name) = text.strip_prefix("credential:") {
        let good = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !good {
            section.wrong(
                key,
                format!("\"{name}\" is not a name for a credential"),
                "write \"credential:NAME\"",
            );
            return None;
        }
        return Some(Secret::Credential(name.to_owned()));
    }
    let path = PathBuf::from(&text);
    match std::fs::metadata(&path) {
        Err(error) => {
            section.wrong(
                key,
                format!("cannot be read: {error}"),
                "write the path of a file, or \"credential:NAME\"",
            );
        }
        Ok(metadata) => {
            use std::os::unix::fs::PermissionsExt;
            if metadata.permissions().mode() & 0o077 != 0 {
                section.wrong(key, "names a file that others may read", &format!("chmod 600 {text}"));
            }
        }
    }
    Some(Secret::File(path))
}

/// `smtps://` is TLS from the start, `smtp://` demands STARTTLS but for a loopback address.
fn smtp(text: &str) -> Result<Smtp, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("\"{text}\" is not a URL: {error}"))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(format!("\"{text}\" has no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let ip: Option<std::net::IpAddr> = host.parse().ok();
    let loopback = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password".to_owned());
    }
    let (tls, port) = match (url.scheme(), loopback) {
        ("smtps", _) => (SmtpTls::Implicit, 465),
        ("smtp", true) => (SmtpTls::Plain, 25),
        ("smtp", false) => (SmtpTls::StartTls, 587),
        (other, _) => return Err(format!("\"{other}\" is not a way to send mail")),
    };
    Ok(Smtp { host, port: url.port().unwrap_or(port), tls })
}

fn is_address(text: &str) -> bool {
    text.parse::<lettre::message::Mailbox>().is_ok()
}
