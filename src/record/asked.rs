//! What a person or a CI job asked for, in plain words.

use crate::decide::event::Ask;
use crate::text::Texts;
use crate::untrusted::clean;

/// Goes on from who asked.
pub(super) fn words(ask: &Ask, texts: &Texts) -> String {
    match ask {
        Ask::Release(said) => {
            let version = clean(&said.version);
            let what = if version.is_empty() { "a release" } else { &version };
            let why = said.irreversible.as_deref();
            let why = why
                .map(|why| format!(", which cannot be taken back{}", reason(Some(why))))
                .unwrap_or_default();
            format!("announced {what}{why}")
        }
        Ask::Accept => "asked to accept it".to_owned(),
        Ask::Abort => "asked to end the watch".to_owned(),
        Ask::Rollback { to, reason: why } => {
            format!("asked to go back{}{}", target(to.as_deref()), reason(why.as_deref()))
        }
        Ask::Plan { to } => format!("asked what going back{} would do", target(to.as_deref())),
        Ask::Hold { lasts, reason: why } => {
            let lasts = lasts.map(|lasts| format!(" for {}", texts.duration(lasts))).unwrap_or_default();
            format!("asked to hold{lasts}{}", reason(why.as_deref()))
        }
        Ask::Resume => "asked to resume".to_owned(),
    }
}

fn target(to: Option<&str>) -> String {
    to.map(|to| format!(" to {}", clean(to))).unwrap_or_default()
}

fn reason(why: Option<&str>) -> String {
    why.filter(|why| !why.trim().is_empty()).map(|why| format!(": {}", clean(why))).unwrap_or_default()
}
