//! What a person or a CI job asked for, in plain words.

use minijinja::context;

use crate::model::checklist::Deed;
use crate::model::event::Ask;
use crate::text::Texts;
use crate::untrusted::clean;

/// Goes on from who asked.
pub(super) fn words(ask: &Ask, texts: &Texts) -> String {
    let some = |text: &Option<String>| text.as_deref().map(clean).filter(|text| !text.is_empty());
    match ask {
        Ask::Release(said) => {
            let irreversible = said.irreversible.as_deref().map(clean);
            texts.phrase("asked.release", context! { version => clean(&said.version), irreversible })
        }
        Ask::Accept { reason, force } => {
            texts.phrase("asked.accept", context! { why => some(reason), force })
        }
        Ask::Abort => texts.phrase("asked.abort", context! {}),
        Ask::Rollback { to, reason, .. } => {
            texts.phrase("asked.rollback", context! { to => some(to), why => some(reason) })
        }
        Ask::Plan { to } => texts.phrase("asked.plan", context! { to => some(to) }),
        Ask::Hold { lasts, reason } => {
            let lasts = lasts.map(|lasts| texts.duration(lasts));
            texts.phrase("asked.hold", context! { lasts, why => some(reason) })
        }
        Ask::Checklist { version, by: _, deed } => {
            let version = version.as_deref().map(clean);
            let (deed, item) = match deed {
                Deed::Show => ("show", None),
                Deed::Report(_) => ("report", None),
                Deed::Sign { item, .. } => ("sign", Some(clean(item))),
                Deed::Unsign { item } => ("unsign", Some(clean(item))),
                Deed::Waive { item, .. } => ("waive", Some(clean(item))),
            };
            texts.phrase("asked.checklist", context! { version, deed, item })
        }
        Ask::Resume => texts.phrase("asked.resume", context! {}),
    }
}
