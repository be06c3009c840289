//! The checklist (guide G1): what is signed, shown and waived of a version, and what becomes of a release without it.

use std::collections::BTreeMap;

use super::fixture::{World, happening, later, running, secs, service_policy, start_of_time};
use crate::decide::action::{Action, Answer};
use crate::model::checklist::{Deed, Entry, Found, Item, Manual, Objection, Person, Standing, Wanted};
use crate::model::event::{Ask, ServiceEvent};
use crate::model::notice::News;
use crate::model::refusal::Refusal;
use crate::model::release::Announcement;
use crate::model::sample::Outcome;

const HOUR: u64 = 3600;

fn item(phase: &str, manual: Option<Manual>) -> Item {
    Item { phase: phase.to_owned(), text: String::new(), manual }
}

/// Tests and a scan are shown, a review is signed by another one, a sign-off by Ada or the lead.
fn wanted(required: bool) -> Wanted {
    let manual = |by: &[&str], four_eyes| {
        Some(Manual { by: by.iter().map(|by| (*by).to_owned()).collect(), four_eyes })
    };
    let items = [
        ("tests", item("code", None)),
        ("scan", item("security", None)),
        ("review", item("code", manual(&[], true))),
        ("sign-off", item("release", manual(&["lead", "Ada"], false))),
    ];
    let items = items.into_iter().map(|(name, item)| (name.to_owned(), item)).collect();
    Wanted { required, valid_for: secs(24 * HOUR), items }
}

fn world(required: bool) -> World {
    let mut world = World::new(service_policy());
    world.service_policy().checklist = wanted(required);
    world.reload();
    world
}

fn person(name: &str, uid: u32) -> Person {
    Person { name: name.to_owned(), uid: Some(uid) }
}

fn sign(item: &str) -> Deed {
    Deed::Sign { item: item.to_owned(), note: Some("looked".to_owned()), evidence: None }
}

fn shown(name: &str, result: Outcome) -> Deed {
    Deed::Report(BTreeMap::from([(name.to_owned(), Found { result, figure: None, took: secs(1) })]))
}

fn asked(world: &mut World, ask: Ask) -> Result<Answer, Refusal> {
    let actions = world.step(&happening(ServiceEvent::Asked { by: "ada".to_owned(), ask }));
    let answer = actions.into_iter().find_map(|action| match action {
        Action::Answer(answer) => Some(answer),
        Action::Tell { .. } | Action::Persist(_) | Action::Effect(_) => None,
    });
    match answer.unwrap() {
        Answer::Refused { why } => Err(why),
        answer @ (Answer::Done { .. }
        | Answer::Plan { .. }
        | Answer::Checklist { .. }
        | Answer::Drill { .. }) => Ok(answer),
    }
}

fn does(world: &mut World, by: Person, deed: Deed) -> Result<BTreeMap<String, Entry>, Objection> {
    match asked(world, Ask::Checklist { version: Some("v2".to_owned()), by, deed }) {
        Ok(Answer::Checklist { version, entries }) => {
            assert_eq!(version, "v2");
            Ok(entries)
        }
        Err(Refusal::Checklist(objection)) => Err(objection),
        other => panic!("{other:?}"),
    }
}

fn standing(entries: &BTreeMap<String, Entry>) -> Vec<Standing> {
    entries.values().map(|entry| entry.standing).collect()
}

fn announced(world: &mut World, by: Person, overrides: Option<&str>) -> Result<(), Objection> {
    let announcement = Announcement {
        version: "v2".to_owned(),
        by: Some(by.name.clone()),
        said_by: Some(by),
        overrides: overrides.map(str::to_owned),
        ..Announcement::default()
    };
    match asked(world, Ask::Release(announcement)) {
        Ok(Answer::Done { .. }) => Ok(()),
        Err(Refusal::Checklist(objection)) => Err(objection),
        other => panic!("{other:?}"),
    }
}

/// All of it, the review by Grace.
fn complete(world: &mut World) {
    does(world, person("ci", 990), shown("tests", Outcome::Ok)).unwrap();
    does(world, person("ci", 990), shown("scan", Outcome::Ok)).unwrap();
    does(world, person("Grace", 1001), sign("review")).unwrap();
    let entries = does(world, person("Ada", 1000), sign("sign-off")).unwrap();
    assert_eq!(standing(&entries), [Standing::Pass; 4]);
}

#[test]
fn an_item_stands_as_it_was_shown_signed_or_waived_last() {
    let mut world = world(true);
    let entries = does(&mut world, person("ci", 990), Deed::Show).unwrap();
    assert_eq!(standing(&entries), [Standing::Open; 4]);
    let of = |entries: BTreeMap<String, Entry>, item: &str| entries[item].standing;
    let ci = || person("ci", 990);
    let failed = does(&mut world, ci(), shown("scan", Outcome::Failed("one".to_owned()))).unwrap();
    assert_eq!(of(failed, "scan"), Standing::Fail);
    let until = later(start_of_time(), secs(HOUR));
    let waive = |until| Deed::Waive { item: "scan".to_owned(), why: "a false alarm".to_owned(), until };
    assert_eq!(of(does(&mut world, ci(), waive(until)).unwrap(), "scan"), Standing::Waived);
    // What passes all the same needs no waiver; what cannot be told does.
    assert_eq!(of(does(&mut world, ci(), shown("scan", Outcome::Ok)).unwrap(), "scan"), Standing::Pass);
    let blind = || shown("scan", Outcome::Blind("no report".to_owned()));
    assert_eq!(of(does(&mut world, ci(), blind()).unwrap(), "scan"), Standing::Waived);
    // The waiver ends at its end, and not a moment before.
    world.now = later(start_of_time(), secs(HOUR - 1));
    assert_eq!(of(does(&mut world, ci(), Deed::Show).unwrap(), "scan"), Standing::Waived);
    world.now = until;
    assert_eq!(of(does(&mut world, ci(), Deed::Show).unwrap(), "scan"), Standing::NoData);
    assert_eq!(does(&mut world, ci(), waive(until)), Err(Objection::WaiverOver { until }));
    let unsign = Deed::Unsign { item: "review".to_owned() };
    does(&mut world, ci(), sign("review")).unwrap();
    assert_eq!(of(does(&mut world, ci(), unsign).unwrap(), "review"), Standing::Open);
}

#[test]
fn what_nobody_may_do_is_refused_and_changes_nothing() {
    let mut world = world(true);
    let mallory = || person("mallory", 1666);
    let known = ["review", "scan", "sign-off", "tests"].map(str::to_owned).to_vec();
    let no_item = Objection::NoItem { item: "tets".to_owned(), known };
    for deed in [sign("tets"), Deed::Unsign { item: "tets".to_owned() }, shown("tets", Outcome::Ok)] {
        assert_eq!(does(&mut world, mallory(), deed), Err(no_item.clone()));
    }
    assert_eq!(does(&mut world, mallory(), sign("tests")), Err(Objection::NotSigned("tests".to_owned())));
    let review = shown("review", Outcome::Ok);
    assert_eq!(does(&mut world, mallory(), review), Err(Objection::OnlySigned("review".to_owned())));
    let allowed = vec!["Ada".to_owned(), "lead".to_owned()];
    let not_hers = Objection::MayNotSign { item: "sign-off".to_owned(), by: "mallory".to_owned(), allowed };
    assert_eq!(does(&mut world, mallory(), sign("sign-off")), Err(not_hers));
    assert_eq!(world.facts().checklists, []);
    let before = asked(&mut world, Ask::Checklist { version: None, by: mallory(), deed: Deed::Show });
    assert_eq!(before, Err(Refusal::Checklist(Objection::WhichVersion)));
}

#[test]
fn a_release_waits_for_its_checklist() {
    let mut world = world(true);
    does(&mut world, person("ci", 990), shown("tests", Outcome::Ok)).unwrap();
    let open = ["review", "scan", "sign-off"].map(str::to_owned).to_vec();
    let refused = Err(Objection::Open { version: "v2".to_owned(), open });
    assert_eq!(announced(&mut world, person("Ada", 1000), None), refused);
    assert_eq!(world.facts().announced, None);
    complete(&mut world);
    // A restart forgets nothing of it.
    world.kill();
    assert_eq!(announced(&mut world, person("Ada", 1000), None), Ok(()));
    let taken = world.facts().announced.clone().unwrap().checklist.unwrap();
    assert_eq!(standing(&taken.entries), [Standing::Pass; 4]);
    // A day later what was shown counts no more.
    world.now = later(start_of_time(), secs(24 * HOUR));
    assert!(matches!(announced(&mut world, person("Ada", 1000), None), Err(Objection::Open { .. })));
    assert_eq!(announced(&mut world, person("Ada", 1000), Some("the shop is down")), Ok(()));
    let said = world.facts().announced.clone().unwrap().announcement.unwrap();
    assert_eq!(said.overrides.as_deref(), Some("the shop is down"));
}

#[test]
fn four_eyes_are_those_of_two_people() {
    let signed = |by: Person, responsible: Person| {
        let mut world = world(true);
        complete(&mut world);
        does(&mut world, by, sign("review")).unwrap();
        announced(&mut world, responsible, None)
    };
    assert_eq!(signed(person("Grace", 1001), person("Ada", 1000)), Ok(()));
    for (by, responsible) in [
        (person("Ada", 1000), person("Ada", 1000)),
        // The same account under two names, and the same name from two accounts.
        (person("Grace", 1000), person("Ada", 1000)),
        (person("Ada", 1001), person("Ada", 0)),
    ] {
        let objection = Objection::FourEyes { item: "review".to_owned(), by: by.name.clone() };
        assert_eq!(signed(by, responsible), Err(objection));
    }
    // Root is several people, who say who they are.
    assert_eq!(signed(person("Grace", 0), person("Ada", 0)), Ok(()));
}

#[test]
fn a_container_that_changes_without_its_checklist_is_told() {
    let told = |required: bool, before: fn(&mut World)| {
        let mut world = world(required);
        world.step(&happening(ServiceEvent::Seen(Some(running("v1", "a")))));
        before(&mut world);
        let actions = world.step(&happening(ServiceEvent::Seen(Some(running("v2", "b")))));
        assert!(world.facts().release.as_ref().unwrap().checklist.is_some());
        actions.iter().any(|action| {
            matches!(action, Action::Tell { notice, .. } if notice.news == News::ReleasedWithoutChecklist)
        })
    };
    assert!(told(true, |_| ()));
    assert!(!told(false, |_| ()));
    assert!(!told(true, complete));
    // Whoever announced it in spite of what is open has said so.
    assert!(!told(true, |world| announced(world, person("Ada", 1000), Some("urgent")).unwrap()));
    // It was complete when the release was announced.
    assert!(!told(true, |world| {
        complete(world);
        announced(world, person("Ada", 1000), None).unwrap();
        world.now = later(start_of_time(), secs(25 * HOUR));
    }));
}

#[test]
fn only_the_checklists_that_were_worked_on_last_are_kept() {
    let mut world = world(true);
    let by = || person("ci", 990);
    for version in ["v1", "v2", "v3", "v1", "v4"] {
        let ask =
            Ask::Checklist { version: Some(version.to_owned()), by: by(), deed: shown("tests", Outcome::Ok) };
        asked(&mut world, ask).unwrap();
    }
    let kept: Vec<&str> = world.facts().checklists.iter().map(|it| it.version.as_str()).collect();
    assert_eq!(kept, ["v3", "v1", "v4"]);
    let last = asked(&mut world, Ask::Checklist { version: None, by: by(), deed: Deed::Show });
    assert!(matches!(last, Ok(Answer::Checklist { version, .. }) if version == "v4"));
}
