//! `[channel.…]`

use super::proxy::Usual;
use super::table::Section;
use super::tls;
use super::{
    Channel, EmailChannel, Language, Login, LoginKind, Smtp, SmtpTls, Way, is_address, secret, template,
    webhook,
};

/// Smarthosts of one channel at most: each may take its time.
const SMARTHOSTS: usize = 4;

/// One channel; `None` when it cannot be made sense of, which is told.
pub(super) fn read(mut section: Section<'_>, usual: Usual<'_>) -> Option<Channel> {
    match (section.has("email"), section.has("webhook")) {
        (false, false) => section.missing("is neither `email` nor `webhook`", "add one of them"),
        (true, true) => {
            let hint = "give each a channel of its own";
            section.wrong_key(&["webhook"], "is a second kind beside `email`", hint);
        }
        (true, false) | (false, true) => {}
    }
    let language = section.optional_word("language", &Language::WORDS);
    let email = section.section("email").map(email);
    let webhook = section.section("webhook").map(|section| webhook::read(section, usual));
    let templates = section.section("template").map(template::read).unwrap_or_default();
    section.end(&["quiet"]);
    let way = email.flatten().map(Way::Email).or(webhook.flatten().map(Way::Webhook))?;
    Some(Channel { language, templates, way })
}

fn email(mut section: Section<'_>) -> Option<EmailChannel> {
    let to = section.distinct("to");
    for (index, _) in to.iter().flatten().enumerate().filter(|(_, address)| !is_address(address)) {
        section.wrong_in(
            &["to", &index.to_string()],
            "is not a mail address",
            "write [\"name@example.com\"]",
        );
    }
    let from = section.string("from");
    if from.as_ref().is_some_and(|from| !is_address(from)) {
        section.wrong("from", "is not a mail address", "write \"golive@example.com\"");
    }
    let smtp = smarthosts(&mut section);
    let login = login(&mut section);
    let ca_file = tls::ca_file(&mut section);
    let hello = hello(&mut section);
    let one_subject = section.boolean("one-subject").unwrap_or(false);
    section.required(&["to", "from", "smtp"], "a mail channel needs `to`, `from` and `smtp`");
    section.end(&[]);
    Some(EmailChannel { to: to?, from: from?, smtp: smtp?, login, one_subject, hello, ca_file })
}

/// One, or several in the order in which they are asked.
fn smarthosts(section: &mut Section<'_>) -> Option<Vec<Smtp>> {
    const HINT: &str = "write \"smtps://HOST\" or \"smtp://HOST\", with :PORT if need be";
    let (urls, listed) = section.one_or_more("smtp")?;
    if urls.len() > SMARTHOSTS {
        section.wrong("smtp", format!("has more than {SMARTHOSTS} entries"), "leave some out");
        return None;
    }
    let mut all = Vec::new();
    for (index, url) in urls.iter().enumerate() {
        match smtp(url) {
            Ok(smtp) => all.push(smtp),
            Err(why) if listed => section.wrong_in(&["smtp", &index.to_string()], why, HINT),
            Err(why) => section.wrong("smtp", why, HINT),
        }
    }
    (all.len() == urls.len()).then_some(all)
}

fn login(section: &mut Section<'_>) -> Option<Login> {
    let username = section.string("username");
    let password = secret::named(section, "password-file", "password");
    let token = secret::named(section, "token-file", "token");
    let auth = section.string("auth");
    let by_token = auth.as_deref() == Some("xoauth2");
    if auth.is_some_and(|auth| !["xoauth2", "password"].contains(&auth.as_str())) {
        let hint = "write \"password\" or \"xoauth2\", or leave it out for a password";
        section.wrong("auth", "is not a way to log in", hint);
        return None;
    }
    let (needed, other, why) = if by_token {
        ("token-file", "password-file", "is not what auth = \"xoauth2\" logs in with")
    } else {
        ("password-file", "token-file", "is only used with auth = \"xoauth2\"")
    };
    if section.has(other) {
        section.wrong_key(&[other], why, &format!("give `{needed}` instead, or change `auth`"));
    }
    let has_secret = section.has(needed) || (!by_token && section.has("password"));
    if section.has("username") != has_secret && !section.has(other) {
        let hint = format!("give both `username` and `{needed}`, or neither");
        section.missing(format!("has only one of `username` and `{needed}`"), &hint);
    }
    let kind = if by_token { LoginKind::Token } else { LoginKind::Password };
    let secret = if by_token { token } else { password };
    Some(Login { username: username?, secret: secret?, kind })
}

/// A domain name, or an address as mail writes it.
fn hello(section: &mut Section<'_>) -> Option<String> {
    let hello = section.string("hello")?;
    let address = hello.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_address = address.is_some_and(|address| match address.strip_prefix("IPv6:") {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => address.parse::<std::net::Ipv4Addr>().is_ok(),
    });
    let name = hello.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if !is_address && !name {
        let hint = "write \"host.example.com\", or an address as \"[192.0.2.1]\" or \"[IPv6:2001:db8::1]\"";
        section.wrong("hello", "is not the name of a host", hint);
    }
    Some(hello)
}

/// `smtps://` is TLS from the start, `smtp://` demands STARTTLS but for a loopback address. The text itself may hold
/// a password and is not repeated.
fn smtp(text: &str) -> Result<Smtp, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    let known = matches!(url.scheme(), "smtp" | "smtps");
    if !known {
        return Err(format!("\"{}\" is not a way to send mail", url.scheme()));
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("has no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let ip: Option<std::net::IpAddr> = host.parse().ok();
    let loopback = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password: write `username` and `password-file`".to_owned());
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err("has more than a host and a port".to_owned());
    }
    let (tls, port) = match (url.scheme() == "smtps", loopback) {
        (true, _) => (SmtpTls::Implicit, 465),
        (false, true) => (SmtpTls::Plain, 25),
        (false, false) => (SmtpTls::StartTls, 587),
    };
    match url.port().unwrap_or(port) {
        0 => Err("has no port that can be reached".to_owned()),
        port => Ok(Smtp { host, port, tls }),
    }
}
