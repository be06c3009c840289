//! `proxy`: an HTTP proxy that stands between golive and the servers of others.

use std::net::IpAddr;

use ipnet::IpNet;
use toml::Value;

use super::table::Section;
use super::url::is_url;
use super::{Secret, secret};

const HINT: &str = "write \"http://proxy.example.com:3128\", or false for none";

/// An HTTP proxy: `CONNECT` for what is asked by TLS, whole URLs for the rest (RFC 9110 §7.6, §9.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its address.
    pub url: String,
    /// As whom golive logs in there, and with what.
    pub login: Option<(String, Secret)>,
    /// What is reached without it, beside this host itself.
    pub except: Vec<Exception>,
}

/// Hosts that are reached without a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exception {
    /// A domain, with all that is in it.
    Domain(String),
    /// A network, or one address.
    Network(IpNet),
}

impl Proxy {
    /// Whether a host is reached through it. Names are not resolved: that is left to the proxy.
    pub fn serves(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let host = host.to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        let own = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        !own && !self.except.iter().any(|exception| exception.holds(&host, address))
    }
}

impl Exception {
    fn of(text: &str) -> Option<Self> {
        let network = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        if let Some(network) = network {
            return Some(Self::Network(network));
        }
        let name = text.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase();
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_name = name.split('.').all(|label| !label.is_empty() && label.bytes().all(letters));
        is_name.then_some(Self::Domain(name))
    }

    fn holds(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
            Self::Domain(domain) => {
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        }
    }
}

/// The proxy at the top of the configuration, seen from a table below.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual<'a> {
    pub(super) proxy: Option<&'a Proxy>,
    /// Whether it is used where `proxy` is not written.
    pub(super) unasked: bool,
}

/// The proxy of a table: that of its `proxy`, the usual one where that is true, none where it is false.
pub(super) fn read(section: &mut Section<'_>, usual: Usual<'_>) -> Option<Proxy> {
    match section.take("proxy") {
        None => usual.proxy.filter(|_| usual.unasked).cloned(),
        Some(Value::Boolean(false)) => None,
        Some(Value::Boolean(true)) => {
            if usual.proxy.is_none() {
                section.missing_in(&["proxy"], "there is no `proxy` at the top of the configuration", HINT);
            }
            usual.proxy.cloned()
        }
        Some(Value::Table(_)) => table(section.section("proxy")?),
        Some(Value::String(url)) => {
            if let Err(why) = is_proxy(url) {
                section.wrong("proxy", why, HINT);
            }
            Some(Proxy { url: url.clone(), login: None, except: Vec::new() })
        }
        Some(other) => section.type_of("proxy", other, HINT),
    }
}

fn table(mut section: Section<'_>) -> Option<Proxy> {
    let url = section.string("url");
    if let Some(Err(why)) = url.as_deref().map(is_proxy) {
        section.wrong("url", why, "write \"http://proxy.example.com:3128\"");
    }
    let username = section.string("username");
    let password = secret::named(&mut section, "password-file", "password");
    if section.has("username") != (section.has("password-file") || section.has("password")) {
        let hint = "give both `username` and `password-file`, or neither";
        section.missing("has only one of `username` and `password-file`", hint);
    }
    let mut except = Vec::new();
    for (index, text) in section.strings("except").unwrap_or_default().iter().enumerate() {
        match Exception::of(text) {
            Some(exception) => except.push(exception),
            None => section.wrong_in(
                &["except", &index.to_string()],
                "is neither a domain nor an address",
                "write \"example.com\", \"192.0.2.1\" or \"10.0.0.0/8\"",
            ),
        }
    }
    section.required(&["url"], "add url = \"http://proxy.example.com:3128\"");
    section.end(&[]);
    Some(Proxy { url: url?, login: username.zip(password), except })
}

/// Whether a URL can be that of a proxy. The text itself may hold a password and is not repeated.
fn is_proxy(url: &str) -> Result<(), String> {
    is_url(url)?;
    let Ok(url) = reqwest::Url::parse(url) else { return Ok(()) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password: write `username` and `password-file`".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("has more than a host and a port".to_owned());
    }
    Ok(())
}
