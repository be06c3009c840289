//! `[heartbeat]`: an outside watcher that is told that golive is alive.

use std::time::Duration;

use super::proxy::Usual;
use super::table::Section;
use super::url::is_url;
use super::{Access, Url, access, secret};

/// An outside watcher that hears from golive as long as it works.
#[derive(Debug, Clone, PartialEq)]
pub struct Heartbeat {
    /// Asked by GET.
    pub url: Url,
    /// So often.
    pub every: Duration,
    /// How it is reached.
    pub access: Access,
}

pub(super) fn read(mut section: Section<'_>, usual: Usual<'_>) -> Option<Heartbeat> {
    let open = section.string("url");
    let hidden = secret::named(&mut section, "url-file", "");
    if let Some(Err(why)) = open.as_deref().map(is_url) {
        section.wrong("url", why, "write \"https://HOST/PATH\", or url-file when it is secret");
    }
    match (section.has("url"), section.has("url-file")) {
        (true, true) => {
            section.wrong_key(&["url-file"], "is a second address beside `url`", "keep one of them");
        }
        (false, false) => {
            let hint = "add url = \"https://…\" or url-file = \"credential:NAME\"";
            section.missing("has no `url`", hint);
        }
        (true, false) | (false, true) => {}
    }
    let every = section.duration_within("every", Duration::from_mins(1), ("1s", "1d"));
    let access = access::read(&mut section, &access::WEBHOOK, usual);
    section.end(&[]);
    Some(Heartbeat { url: open.map(Url::Open).or(hidden.map(Url::Secret))?, every, access })
}
