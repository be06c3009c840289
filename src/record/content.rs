//! What a release brings (guide G8.2): as it was announced, else as the team's repository has it; and what its image says.

use minijinja::context;
use serde_json::{Value, json};

use super::changes;
use super::sheet::Sheet;
use crate::model::content::{Commit, Content, Found, Kind, Unread};
use crate::store::Story;
use crate::text::Texts;
use crate::untrusted::clean;

/// Kinds of commits in the order in which they are told.
const KINDS: [Kind; 4] = [Kind::Feature, Kind::Improvement, Kind::Fix, Kind::Other];

/// The labels that say what an image was made of.
const IMAGE: &str = "label org.opencontainers.image.";

/// Those that are told, in order.
const LABELS: [&str; 5] = ["revision", "version", "source", "created", "title"];

pub(super) fn write(sheet: &mut Sheet<'_>, story: &Story) {
    let said = story.release.announcement.clone().unwrap_or_default();
    sheet.head("content");
    match &story.circumstances.content {
        Some(Content { since, found: Found::Commits { commits, more } }) => {
            read(sheet, since, commits, *more);
        }
        content => {
            for (name, items) in [
                ("features", &said.features),
                ("improvements", &said.improvements),
                ("fixes", &said.fixes),
                ("config-changes", &said.config_changes),
            ] {
                let text = if items.is_empty() { sheet.say("none-said") } else { items.join("; ") };
                sheet.said(name, &text);
            }
            if let Some(Content { since, found: Found::Nothing(why) }) = content {
                let name = sheet.texts.phrase("record.commits", context! { since => clean(since) });
                sheet.row(&name, &unread(why, sheet.texts));
            }
        }
    }
    for (of, label, value) in labels(story) {
        let of = (!of.is_empty()).then(|| clean(of));
        let name = sheet.texts.phrase(&format!("record.image-{label}"), context! { of });
        sheet.row(&name, value);
    }
    changes::write(sheet, story);
}

fn read(sheet: &mut Sheet<'_>, since: &str, commits: &[Commit], more: bool) {
    let texts = sheet.texts;
    let name = texts.phrase("record.commits", context! { since => clean(since) });
    sheet.row(&name, &texts.phrase("record.commits-of", context! { count => commits.len(), more }));
    for kind in KINDS {
        for commit in commits.iter().filter(|commit| commit.kind == kind) {
            let (subject, id, breaking) = (clean(&commit.subject), clean(&commit.id), commit.breaking);
            sheet.said(word(kind), &texts.phrase("record.commit", context! { subject, id, breaking }));
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Feature => "features",
        Kind::Improvement => "improvements",
        Kind::Fix => "fixes",
        Kind::Other => "others",
    }
}

fn unread(why: &Unread, texts: &Texts) -> String {
    let seen = match why {
        Unread::NoRepository { path } => clean(path),
        Unread::NoTag { tag } => clean(tag),
        Unread::Failed { seen } => clean(seen),
    };
    texts.phrase(&format!("record.commits-{}", why.into_str()), context! { seen })
}

/// Of a set the member, then the label and what it says.
fn labels(story: &Story) -> impl Iterator<Item = (&str, &'static str, &str)> {
    LABELS.into_iter().flat_map(|label| {
        story.labels.iter().filter_map(move |(name, value)| {
            let (of, known) = name.split_once(IMAGE)?;
            (known == label).then(|| (of.trim_end(), label, value.as_str()))
        })
    })
}

pub(super) fn commits(story: &Story, texts: &Texts) -> Value {
    let Some(Content { since, found }) = &story.circumstances.content else { return Value::Null };
    match found {
        Found::Commits { commits, more } => {
            let commit = |commit: &Commit| {
                json!({
                    "id": commit.id, "kind": commit.kind.into_str(), "breaking": commit.breaking,
                    "subject": commit.subject,
                })
            };
            let commits: Vec<Value> = commits.iter().map(commit).collect();
            json!({ "since": since, "commits": commits, "more": more, "why": null })
        }
        Found::Nothing(why) => {
            json!({ "since": since, "commits": [], "more": false, "why": unread(why, texts) })
        }
    }
}

pub(super) fn image(story: &Story) -> Value {
    let label = |(of, label, value)| json!({ "of": of, "label": label, "value": value });
    labels(story).map(label).collect()
}
