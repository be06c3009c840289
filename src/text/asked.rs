//! What a person or a CI job asked for, in plain words.

use minijinja::context;

use super::Texts;
use crate::model::checklist::Deed;
use crate::model::event::Ask;
use crate::untrusted::clean;

impl Texts {
    /// Goes on from who asked.
    pub fn asked(&self, ask: &Ask) -> String {
        let some = |text: &Option<String>| text.as_deref().map(clean).filter(|text| !text.is_empty());
        match ask {
            Ask::Release(said) => {
                let irreversible = said.irreversible.as_deref().map(clean);
                self.say("asked.release", context! { version => clean(&said.version), irreversible })
            }
            Ask::Accept { reason, force } => {
                self.say("asked.accept", context! { why => some(reason), force })
            }
            Ask::Abort => self.say("asked.abort", context! {}),
            Ask::Rollback { to, reason, .. } => {
                self.say("asked.rollback", context! { to => some(to), why => some(reason) })
            }
            Ask::Plan { to } => self.say("asked.plan", context! { to => some(to) }),
            Ask::Hold { lasts, reason } => {
                let lasts = lasts.map(|lasts| self.duration(lasts));
                self.say("asked.hold", context! { lasts, why => some(reason) })
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
                self.say("asked.checklist", context! { version, deed, item })
            }
            Ask::Drill { level, page, for_real } => {
                self.say("asked.drill", context! { level => level.into_str(), page, for_real })
            }
            Ask::Resume => self.say("asked.resume", context! {}),
        }
    }
}
