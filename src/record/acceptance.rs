//! What a release has shown of what it was asked for, in the guide's four groups (G8.3).

use minijinja::context;
use serde_json::{Value, json};

use super::sheet::Sheet;
use crate::acceptance::json::item;
use crate::model::acceptance::{Group, Item, Verdict, of_all};
use crate::model::event::{Event, ServiceEvent};
use crate::store::Story;
use crate::untrusted::clean;

const GROUPS: [Group; 4] = [Group::Function, Group::Performance, Group::Security, Group::Monitoring];

/// The items of the last acceptance run of the release; empty where there was none.
pub(super) fn items(story: &Story) -> &[Item] {
    let mut of = story.moments.iter().rev().filter_map(|moment| {
        let Event::Service { what: ServiceEvent::AcceptanceRan { release, items }, .. } = &moment.event
        else {
            return None;
        };
        (*release == story.release.id).then_some(items.as_slice())
    });
    of.next().unwrap_or_default()
}

/// Whether one fell short.
pub(super) fn is_short(story: &Story) -> bool {
    items(story).iter().any(|item| item.verdict != Verdict::Pass)
}

pub(super) fn write(sheet: &mut Sheet<'_>, story: &Story) {
    let items = items(story);
    if items.is_empty() {
        return;
    }
    let texts = sheet.texts;
    let word =
        |verdict: Verdict| texts.phrase(&format!("record.item-{}", <&str>::from(verdict)), context! {});
    for group in GROUPS {
        let name = texts.phrase(&format!("record.group-{}", <&str>::from(group)), context! {});
        let of: Vec<&Item> = items.iter().filter(|item| item.group == group).collect();
        if of.is_empty() {
            sheet.row(&name, &texts.phrase("record.group-empty", context! {}));
            continue;
        }
        sheet.row(&name, &word(of_all(of.iter().copied())));
        for item in of {
            let (outcome, seen, took) = (word(item.verdict), texts.shown(item), texts.duration(item.took));
            let said = texts.phrase("record.group-item", context! { outcome, seen, took });
            sheet.row(&format!("{name}: {}", clean(&item.name)), &said);
        }
    }
}

pub(super) fn json(story: &Story) -> Value {
    let items = items(story);
    if items.is_empty() {
        return Value::Null;
    }
    let verdict: &str = of_all(items).into();
    json!({ "result": verdict, "items": items.iter().map(item).collect::<Vec<_>>() })
}
