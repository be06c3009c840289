//! Who was told of a release, when, and what their provider answered.

use minijinja::context;
use serde_json::{Value, json};

use super::sheet::Sheet;
use crate::store::{Story, Told};
use crate::untrusted::clean;

/// So many are told by name, the newest; of those before, how many there are. All are in the record's JSON.
const MOST: usize = 50;

pub(super) fn write(sheet: &mut Sheet<'_>, story: &Story) {
    let texts = sheet.texts;
    if story.told.is_empty() {
        return;
    }
    sheet.head("told");
    let before = story.told.len().saturating_sub(MOST);
    if before > 0 {
        sheet.words(texts.phrase("record.told-before", context! { before }));
    }
    for Told { at, notice, channel, address, state, answer } in &story.told[before..] {
        let (channel, address, answer) = (clean(channel), clean(address), answer.as_deref().map(clean));
        let (title, state) = (texts.title(notice), sheet.say(&format!("told-{state}")));
        let of = context! { channel, address, title, state, answer };
        sheet.row(&texts.time(*at), &texts.phrase("record.told-of", of));
    }
}

pub(super) fn json(story: &Story) -> Value {
    let told = story.told.iter().map(|told| {
        json!({
            "at": told.at.to_string(), "notification_id": told.notice.id, "event": told.notice.news.into_str(),
            "channel": told.channel, "address": told.address, "state": told.state, "response": told.answer,
        })
    });
    told.collect()
}
