//! What acceptance items have shown.

use minijinja::context;

use super::Texts;
use crate::model::acceptance::{Item, Verdict};
use crate::untrusted::clean;

impl Texts {
    /// The value against its limit, and what was seen beside it.
    pub fn shown(&self, item: &Item) -> String {
        let figure = item.figure.map(|figure| self.figure(figure));
        let own = || (!item.message.is_empty()).then(|| clean(&item.message));
        let message = item.phrase.as_ref().map(|phrase| self.sentence(phrase)).or_else(own);
        figure.into_iter().chain(message).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn acceptance(&self, of: u32, short: &[Item]) -> String {
        let each = short.iter().map(|item| {
            let failed = item.verdict == Verdict::Fail;
            let (name, seen) = (clean(&item.name), self.shown(item));
            self.say("reason.acceptance-item", context! { name, failed, seen })
        });
        let items = each.collect::<Vec<_>>().join(&self.say("verdict.and", context! {}));
        self.say("reason.acceptance", context! { of, count => short.len(), items })
    }
}
