//! `[page]`

use std::net::SocketAddr;

use super::table::Section;
use super::url::is_url;

/// The status page and golive's own metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where people find it: what alerts link to. No links when absent.
    pub url: Option<String>,
}

/// The page; `None` when it cannot be made sense of, which is told.
pub(super) fn read(mut section: Section<'_>) -> Option<Page> {
    let listen = section.string("listen").and_then(|text| match text.parse::<SocketAddr>() {
        Ok(address) => Some(address),
        Err(_) => {
            let message = format!("\"{text}\" is not an address with a port");
            section.wrong("listen", message, "write \"127.0.0.1:9797\", or \"0.0.0.0:9797\" for everybody");
            None
        }
    });
    let url = section.string("url").map(|url| url.trim_end_matches('/').to_owned());
    if let Some(Err(why)) = url.as_deref().map(|url| is_url(url).and_then(|()| is_base(url))) {
        section.wrong("url", why, "write \"https://golive.example.com\", with a path if it is behind one");
    }
    section.required(&["listen"], "add listen = \"127.0.0.1:9797\"");
    section.end(&[]);
    Some(Page { listen: listen?, url })
}

/// Whether the page's own paths can be put behind it.
fn is_base(url: &str) -> Result<(), String> {
    let Ok(url) = reqwest::Url::parse(url) else { return Ok(()) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password, which every alert would show".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has more than a host, a port and a path".to_owned());
    }
    Ok(())
}
