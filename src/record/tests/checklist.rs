//! What was shown and signed before a release is in its record.

use std::collections::BTreeMap;

use super::*;
use crate::model::checklist::{Entry, Item, Mark, Person, Shown, Signed, Standing, Taken, Waived};
use crate::model::figure::Figure;

fn entry(standing: Standing, mark: Mark) -> Entry {
    Entry {
        standing,
        item: Item { phase: "code".to_owned(), text: "looked at".to_owned(), manual: None },
        mark,
    }
}

fn with_checklist(text: &str) -> Story {
    let by = |uid| Person { name: text.to_owned(), uid: Some(uid) };
    let shown = |result, figure| Shown { at: at(0), by: by(0), result, figure, took: Duration::ZERO };
    let some = text.to_owned();
    let failed = shown(Outcome::Failed(text.to_owned()), Some(Figure::ratio(8, 9, 0.95)));
    let signed = Signed { at: at(1), by: by(1000), note: Some(some.clone()), evidence: None };
    let waived = Waived { at: at(2), by: by(0), why: some.clone(), until: at(9000) };
    let passed = shown(Outcome::Ok, Some(Figure::days(30, 14)));
    let entries = [
        ("tests", entry(Standing::Fail, Mark { shown: Some(failed.clone()), ..Mark::default() })),
        ("certificate", entry(Standing::Pass, Mark { shown: Some(passed), ..Mark::default() })),
        ("review", entry(Standing::Pass, Mark { signed: Some(signed), ..Mark::default() })),
        (
            "scan",
            entry(Standing::Waived, Mark { shown: Some(failed), waived: Some(waived), ..Mark::default() }),
        ),
        ("baseline", entry(Standing::Open, Mark::default())),
    ];
    let entries: BTreeMap<String, Entry> =
        entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect();
    let mut story = story(text);
    story.release.checklist = Some(Taken { entries });
    story
}

fn section(record: &str, heading: &str) -> String {
    let (_, text) = record.split_once(&format!("## {heading}\n")).unwrap();
    text.split("\n## ").next().unwrap().trim().to_owned()
}

#[test]
fn what_was_shown_and_signed_is_in_the_record() {
    let told = |language| {
        let texts = Texts::new(language, Some(TimeZone::UTC));
        section(&markdown(&with_checklist("SEEN"), &texts), &texts.phrase("record.checklist", context! {}))
    };
    insta::assert_snapshot!(format!("{}\n\n{}", told(Language::English), told(Language::Chinese)));
    let document = json(&with_checklist("SEEN"), english());
    assert_eq!(document["checklist"]["items"]["scan"]["standing"], "waived");
    assert_eq!(json(&story("SEEN"), english())["checklist"], Value::Null, "nothing was asked");
}

#[test]
fn items_stand_in_the_order_of_the_guides_phases() {
    let mut story = with_checklist("SEEN");
    let entries = &mut story.release.checklist.as_mut().unwrap().entries;
    let phases = ["performance", "rehearsal", "code", "security", "infrastructure"];
    for (entry, phase) in entries.values_mut().zip(phases) {
        entry.item.phase = phase.to_owned();
    }
    let section = section(&markdown(&story, english()), "Checklist");
    let places = ["code", "infrastructure", "security", "performance", "rehearsal"]
        .map(|phase| section.find(&format!("({phase})")).unwrap());
    assert!(places.is_sorted(), "{section}");
    let texts = Texts::new(Language::Chinese, Some(TimeZone::UTC));
    let chinese = markdown(&story, &texts);
    for phase in ["(代码质量)", "(基础设施)", "(安全)", "(性能与监控)", "(rehearsal)"] {
        assert!(chinese.contains(phase), "no {phase} in {chinese}");
    }
}

#[test]
fn why_it_was_released_all_the_same_is_among_the_basics() {
    let mut story = story("SEEN");
    assert_eq!(json(&story, english())["overridden"], Value::Null);
    story.release.announcement.as_mut().unwrap().overrides = Some("the shop is down".to_owned());
    assert_eq!(json(&story, english())["overridden"], "the shop is down");
    let told = section(&markdown(&story, english()), "Basics");
    assert!(told.contains("**Released all the same**: the shop is down"), "{told}");
}

/// Whoever signs writes what they like.
#[test]
fn what_people_write_marks_nothing_up() {
    let section = section(&markdown(&with_checklist(HOSTILE), english()), "Checklist");
    assert!(section.lines().all(|line| line.starts_with("- **")), "{section}");
    assert!(!section.contains(" <img") && !section.contains('\u{202e}'), "{section}");
}
