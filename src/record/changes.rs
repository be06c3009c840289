//! What a release changed of the settings of the version accepted before it, as golive found it.

use std::collections::BTreeMap;

use minijinja::context;
use serde_json::{Value, json};

use super::sheet::Sheet;
use crate::store::{Changes, Story};
use crate::untrusted::clean;

/// So many are told by name; of the rest, how many there are. All are in the record's JSON.
const MOST: usize = 100;

pub(super) fn write(sheet: &mut Sheet<'_>, story: &Story) {
    let texts = sheet.texts;
    let Some(Changes { since, settings }) = &story.changes else { return };
    let name = texts.phrase("record.changed", context! { since => clean(since) });
    if settings.is_empty() {
        sheet.row(&name, &sheet.say("changed-none"));
    }
    for (setting, (before, after)) in settings.iter().take(MOST) {
        let (before, after) = (before.as_deref().map(clean), after.as_deref().map(clean));
        let setting = clean(setting);
        sheet.row(&name, &texts.phrase("record.changed-of", context! { setting, before, after }));
    }
    if settings.len() > MOST {
        let more = settings.len() - MOST;
        sheet.row(&name, &texts.phrase("record.changed-more", context! { more }));
    }
}

pub(super) fn json(changes: &Changes) -> Value {
    let setting = |(name, (before, after)): (&String, &(Option<String>, Option<String>))| {
        (name.clone(), json!({"before": before, "after": after}))
    };
    let settings: BTreeMap<String, Value> = changes.settings.iter().map(setting).collect();
    json!({"since": changes.since, "settings": settings})
}
