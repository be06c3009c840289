//! The checklist of a release as it stood when the release was announced or came (guide G1).

use std::collections::BTreeSet;

use minijinja::context;
use serde_json::{Value, json};

use super::sheet::Sheet;
use crate::model::checklist::{Entry, Person, Standing, place};
use crate::model::release::Release;
use crate::model::sample::Outcome;

pub(super) fn write(sheet: &mut Sheet<'_>, release: &Release) {
    let Some(taken) = &release.checklist else { return };
    sheet.head("checklist");
    let mut entries: Vec<_> = taken.entries.iter().collect();
    entries.sort_by_key(|(_, entry)| place(&entry.item.phase));
    for (name, entry) in entries {
        let said = said(sheet, entry);
        let text = &entry.item.text;
        let about = if text == name { String::new() } else { format!(": {text}") };
        let phase = sheet.texts.phrase("record.phase", context! { phase => &entry.item.phase });
        sheet.row(&format!("{name} ({phase}){about}"), &said);
    }
}

fn said(sheet: &Sheet<'_>, entry: &Entry) -> String {
    let (texts, mark) = (sheet.texts, &entry.mark);
    let standing = texts.phrase(&format!("record.item-{}", entry.standing.into_str()), context! {});
    let (by, at, seen) = match (entry.standing, &mark.waived, &mark.signed, &mark.shown) {
        (Standing::Waived, Some(waived), ..) => (&waived.by, waived.at, waived.why.clone()),
        (_, _, Some(signed), _) => {
            let said = [&signed.note, &signed.evidence].into_iter().flatten().cloned();
            (&signed.by, signed.at, said.collect::<Vec<_>>().join(", "))
        }
        (_, _, None, Some(shown)) => {
            let figure = shown.figure.map(|figure| texts.figure(figure));
            let seen = match &shown.result {
                Outcome::Ok => None,
                Outcome::Failed(seen) | Outcome::Blind(seen) => Some(seen.clone()),
            };
            (&shown.by, shown.at, figure.into_iter().chain(seen).collect::<Vec<_>>().join("; "))
        }
        (_, _, None, None) => return standing,
    };
    let (by, at) = (who(by), texts.time(at));
    texts.phrase("record.item", context! { standing, by, at, seen })
}

/// By name, and by account where that is not the root's.
fn who(person: &Person) -> String {
    match person.uid.filter(|uid| *uid != 0) {
        Some(uid) => format!("{} (uid {uid})", person.name),
        None => person.name.clone(),
    }
}

/// Who has signed an item of it.
pub(super) fn signers(release: &Release) -> BTreeSet<String> {
    let entries = release.checklist.iter().flat_map(|taken| taken.entries.values());
    entries.filter_map(|entry| Some(who(&entry.mark.signed.as_ref()?.by))).collect()
}

pub(super) fn json(release: &Release) -> Value {
    let Some(taken) = &release.checklist else { return Value::Null };
    json!({ "items": taken.entries })
}
