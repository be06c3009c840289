//! What people added to a record, and where its entries stand in the chain.

use jiff::Timestamp;
use minijinja::context;
use serde_json::{Value, json};

use super::sheet::Sheet;
use crate::model::remark::{FollowUp, Remark, follow_ups};
use crate::store::{Sealed, Story};
use crate::text::Texts;

pub(super) fn write(sheet: &mut Sheet<'_>, story: &Story) {
    let texts = sheet.texts;
    for entry in &story.sealed {
        if let Some(Remark::Note { by, text }) = &entry.remark {
            let name = texts.phrase("record.note", context! { at => texts.time(entry.at) });
            sheet.row(&name, &texts.phrase("record.note-of", context! { by, text }));
        }
    }
    for FollowUp { text, owner, due, done, by, .. } in open_and_done(story) {
        let due = due.map(|due| due.to_string());
        let state = sheet.say(if done { "done" } else { "to-do" });
        sheet.said(
            "follow-up",
            &texts.phrase("record.follow-up-of", context! { text, owner, due, state, by }),
        );
    }
    for entry in &story.sealed {
        let name = texts.phrase("record.sealed", context! { at => texts.time(entry.at) });
        sheet.row(&name, &format!("{}: {}", kind(entry, texts), texts.witness(&entry.witness)));
    }
}

/// What is still to be done, and what is, as it stands by the newest entry.
pub(super) fn open_and_done(story: &Story) -> Vec<FollowUp> {
    follow_ups(story.sealed.iter().filter_map(|entry| Some((entry.witness.seq, entry.remark.as_ref()?))))
}

fn kind(entry: &Sealed, texts: &Texts) -> String {
    match entry.kind.as_str() {
        "note" | "follow-up" | "drill" => texts.phrase(&format!("record.kind-{}", entry.kind), context! {}),
        state => texts.phrase(&format!("state.{state}"), context! {}),
    }
}

pub(super) fn json(story: &Story) -> (Value, Value, Value) {
    let at = |at: Timestamp| at.to_string();
    let sealed = story.sealed.iter().map(|entry| {
        json!({"seq": entry.witness.seq, "hash": entry.witness.hash, "at": at(entry.at), "kind": entry.kind})
    });
    let notes = story.sealed.iter().filter_map(|entry| {
        let Some(Remark::Note { by, text }) = &entry.remark else { return None };
        Some(json!({"at": at(entry.at), "by": by, "text": text}))
    });
    let follow_ups = open_and_done(story).into_iter().map(|FollowUp { text, owner, due, done, by, .. }| {
        json!({"text": text, "owner": owner, "due": due.map(|due| due.to_string()), "done": done, "by": by})
    });
    (sealed.collect(), notes.collect(), follow_ups.collect())
}
